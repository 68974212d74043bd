"""Take secrets out of text before anything is stored."""

from __future__ import annotations

import polars as pl

__all__ = ["REDACTED", "redacted"]

REDACTED = "***"

# A value given to a name that says what it is: `NPM_TOKEN=…`, `"apiKey": "…"`. The name must
# stand right before the sign: `id=registry_token` of a secret mount names a secret, holds none.
# More letters may only follow before a `=`: `SecretsUsedInArgOrEnv:` is the name of a warning;
# and a bare `:` needs a blank behind it: `/etc/passwd:/etc/passwd` is a mount.
_KEY = (
    r"(?:token|(?:^|[^o])passw(?:or)?d|passphrase|secret|api_?key|access_?key(?:_?id)?"
    r"|private_?key|credentials?)"  # but not the `NOPASSWD: ALL` of sudoers
)
_SIGN = r"(?:[0-9A-Za-z_]*[\"']?[ ]*=[ ]*|[\"'][ ]*:[ ]*|[ ]*:[ ]+)"
# A shell joins what stands side by side: `"a b"c'd'` is one value. In JSON its quotes are escaped.
_QUOTED = r"(?:\"(?:[^\"\\]|\\.)*\"|\"[^\"]*\"|'[^']*'|\\\"[^\"\\]*\\\")"
_BARE = r"[^\s\"',&;)}\]]"
_VALUE = rf"(?:{_QUOTED}(?:{_QUOTED}|{_BARE})*|[^\s\"',&;=][^\s\"',&;]*)"
_ASSIGNED = rf"(?i)({_KEY}{_SIGN}){_VALUE}"
_OPTION = (
    r"(?i)(--(?:[\w-]*-)?(?:token|password|passphrase|secret|api-key)\s+)"
    rf"(?:{_QUOTED}(?:{_QUOTED}|{_BARE})*|[^\s\"'-][^\s\"']*)"
)
_HEADER = r"(?i)(authorization:\s*(?:basic|bearer|token)\s+)[^\s\"']+"
_URL = r"([a-z][a-z0-9+.-]*://[^\s/:@\"']*:)[^\s/@\"']+@"
# ASCII classes: `\w{20,}` of all Unicode takes fifty milliseconds to compile.
_KNOWN = (
    r"(?-u:\b)(?:gh[pousr]_[0-9A-Za-z]{20,}|github_pat_[0-9A-Za-z_]{20,}|glpat-[0-9A-Za-z_-]{16,}"
    r"|xox[abpsr]-[0-9A-Za-z-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|npm_[0-9A-Za-z]{30,}"
    r"|pypi-[0-9A-Za-z_-]{30,}|sk-[0-9A-Za-z_-]{20,}"
    r"|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,})"
)
# Without one of these, in whatever case, no pattern above can match.
_SIGNS = [
    *("token", "passw", "passphrase", "secret", "key", "credential", "authorization", "://"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "akia", "asia"),
    *("npm_", "pypi-", "sk-", "eyj"),
]


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
