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
    r"(?:token|(?:^|[^o])passw(?:or)?d|passphrase|secret|api[_-]?key|(?:access|account)_?key"
    r"|access_?key_?id|private_?key|credentials?)"  # but not the `NOPASSWD: ALL` of sudoers
)
_SIGN = r"(?:[0-9A-Za-z_]*[\"']?[ ]*=[ ]*|[\"'][ ]*:[ ]*|[ ]*:[ ]+)"
# A shell joins what stands side by side: `"a b"c'd'` is one value. In JSON its quotes are escaped.
_QUOTED = r"(?:\"(?:[^\"\\]|\\.)*\"|\"[^\"]*\"|'[^']*'|\\\"[^\"\\]*\\\")"
_BARE = r"[^\s\"',&;)}\]]"
_VALUE = rf"(?:{_QUOTED}(?:{_QUOTED}|{_BARE})*|[^\s\"',&;=][^\s\"',&;]*)"
# The last three names are too short to be followed by more letters: `_PASSTHROUGH=1`.
_ASSIGNED = (
    rf"(?i)({_KEY}{_SIGN}|(?:_pass|mysql_pwd|[?&](?:sig|x-amz-signature|x-goog-signature))\s*=\s*"
    rf"|:_auth(?:token)?\s+){_VALUE}"
)
_OPTION = (
    r"(?i)(--(?:[\w-]*-)?(?:token|password|passphrase|secret|api-key)\s+)"
    rf"(?:{_QUOTED}(?:{_QUOTED}|{_BARE})*|[^\s\"'-][^\s\"']*)"
)
# Short options mean something else in every program: `docker login -p …`, `curl -u name:…`.
_SHORT = (
    r"((?-u:\b)(?:(?:login\s(?:[^|;&]*?\s)?|sshpass\s)-p[\s=]*"
    r"|curl\s(?:[^|;&]*?\s)?(?:-u|--user)[\s=]*[\"']?[^\s:\"']+:))"
    rf"{_VALUE}"
)
_HEADER = r"(?i)(authorization:\s*(?:basic|bearer|token)\s+)[^\s\"']+"
_URL = r"([a-z][a-z0-9+.-]*://[^\s/:@\"']*:)[^\s/@\"']+(@)"
# ASCII classes: `\w{20,}` of all Unicode takes fifty milliseconds to compile.
_KNOWN = (
    r"(?-u:\b)(?:gh[pousr]_[0-9A-Za-z]{20,}|github_pat_[0-9A-Za-z_]{20,}"
    r"|gl(?:pat|rt|dt|ptt|cbt|soat)-[0-9A-Za-z_-]{16,}|xox[abpsr]-[0-9A-Za-z-]{10,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|npm_[0-9A-Za-z]{30,}|pypi-[0-9A-Za-z_-]{30,}"
    r"|sk-[0-9A-Za-z_-]{20,}|[rs]k_(?:live|test)_[0-9A-Za-z]{16,}|AIza[0-9A-Za-z_-]{35}"
    r"|hf_[0-9A-Za-z]{30,}|dckr_pat_[0-9A-Za-z_-]{20,}|do[opr]_v1_[0-9a-f]{64}"
    r"|SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}"
    r"|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)"
)
_RULES = (
    (_ASSIGNED, f"${{1}}{REDACTED}"),
    (_OPTION, f"${{1}}{REDACTED}"),
    (_SHORT, f"${{1}}{REDACTED}"),
    (_HEADER, f"${{1}}{REDACTED}"),
    (_URL, f"${{1}}{REDACTED}${{2}}"),
    (_KNOWN, REDACTED),
)
# Without one of these, in whatever case, no pattern above can match.
_SIGNS = [
    *("token", "passw", "passphrase", "secret", "key", "credential", "authorization", "://"),
    *("_pass", "_pwd", "sig=", "signature=", "_auth", "login", "sshpass", "curl"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glrt-", "gldt-", "glptt-"),
    *("glcbt-", "glsoat-", "xox", "akia", "asia", "npm_", "pypi-", "sk-", "k_live_", "k_test_"),
    *("aiza", "hf_", "dckr_pat_", "_v1_", "sg.", "eyj"),
]


def redacted(text: pl.Expr) -> pl.Expr:
    """Replace what looks like a secret by `***`; null stays null."""
    return text.map_batches(_redacted, return_dtype=pl.String, is_elementwise=True)


def _redacted(texts: pl.Series) -> pl.Series:
    """Look closely only at the few texts that can hold a secret."""
    suspects = texts.str.contains_any(_SIGNS, ascii_case_insensitive=True).arg_true()
    if suspects.is_empty():
        return texts
    clean = texts.gather(suspects)
    for pattern, kept in _RULES:
        clean = clean.str.replace_all(pattern, kept)
    return texts.scatter(suspects, clean)
