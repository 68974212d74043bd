"""Take secrets out of text before anything is stored."""

from __future__ import annotations

import polars as pl

__all__ = ["REDACTED", "redacted"]

REDACTED = "***"

# A value given to a name that says what it is: `NPM_TOKEN=…`, `"apiKey": "…"`. The name must
# stand right before the sign: `id=registry_token` of a secret mount names a secret, holds none.
_ASSIGNED = (
    r"(?i)(\w*(?:token|passw(?:or)?d|passphrase|secret|api_?key|access_?key(?:_?id)?|"
    r"private_?key|credentials?)\w*[\"']?\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s\"',&;]+)"
)
_OPTION = (
    r"(?i)(--(?:[\w-]*-)?(?:token|password|passphrase|secret|api-key)\s+)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'-][^\s\"']*)"
)
_HEADER = r"(?i)(authorization:\s*(?:basic|bearer|token)\s+)[^\s\"']+"
_URL = r"([a-z][a-z0-9+.-]*://[^\s/:@\"']*:)[^\s/@\"']+@"
_KNOWN = (
    r"(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abpsr]-[\w-]{10,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|npm_\w{30,}|pypi-[\w-]{30,}|sk-[\w-]{20,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,})"
)
# Without one of these, in whatever case, no pattern above can match.
_SIGNS = (
    *("token", "passw", "passphrase", "secret", "key", "credential", "authorization", "://"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "akia", "asia"),
    *("npm_", "pypi-", "sk-", "eyj"),
)


def redacted(text: pl.Expr) -> pl.Expr:
    """Replace what looks like a secret by `***`; null stays null."""
    return text.map_batches(_redacted, return_dtype=pl.String, is_elementwise=True)


def _redacted(texts: pl.Series) -> pl.Series:
    """Look closely only at the few texts that can hold a secret."""
    suspects = texts.str.contains_any(_SIGNS, ascii_case_insensitive=True).arg_true()
    if suspects.is_empty():
        return texts
    clean = (
        texts.gather(suspects)
        .str.replace_all(_ASSIGNED, f"${{1}}{REDACTED}")
        .str.replace_all(_OPTION, f"${{1}}{REDACTED}")
        .str.replace_all(_HEADER, f"${{1}}{REDACTED}")
        .str.replace_all(_URL, f"${{1}}{REDACTED}@")
        .str.replace_all(_KNOWN, REDACTED)
    )
    return texts.scatter(suspects, clean)
