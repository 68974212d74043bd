"""Take secrets out of text before anything is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["REDACTED", "redacted"]

REDACTED = "***"

# A value given to a name that says what it is: `NPM_TOKEN=…`, `"apiKey": "…"`. The name must
# stand right before the sign: `id=registry_token` of a secret mount names a secret, holds none.
_ASSIGNED = (
    r"(?i)(\b\w*(?:token|passw(?:or)?d|passphrase|secret|api_?key|access_?key(?:_?id)?|"
    r"private_?key|credentials?)\w*[\"']?\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s\"',&;]+)"
)
_OPTION = (
    r"(?i)(--(?:[\w-]*-)?(?:token|password|passphrase|secret|api-key)\s+)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'-][^\s\"']*)"
)
_HEADER = r"(?i)(\bauthorization:\s*(?:basic|bearer|token)\s+)[^\s\"']+"
_URL = r"(\b[a-z][a-z0-9+.-]*://[^\s/:@\"']*:)[^\s/@\"']+@"
_KNOWN = (
    r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abpsr]-[\w-]{10,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|npm_\w{30,}|pypi-[\w-]{30,}|sk-[\w-]{20,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,})"
)


def redacted(text: pl.Expr) -> pl.Expr:
    """Replace what looks like a secret by `***`; null stays null."""
    return (
        text.str.replace_all(_ASSIGNED, f"${{1}}{REDACTED}")
        .str.replace_all(_OPTION, f"${{1}}{REDACTED}")
        .str.replace_all(_HEADER, f"${{1}}{REDACTED}")
        .str.replace_all(_URL, f"${{1}}{REDACTED}@")
        .str.replace_all(_KNOWN, REDACTED)
    )
