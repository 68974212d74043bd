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
_ITS_SIGN = r"[\"']?[ ]*=[ ]*|[\"'][ ]*:[ ]*|[ ]*:[ ]+"
_SIGN = rf"(?:[0-9A-Za-z_]*[\"']?[ ]*=[ ]*|{_ITS_SIGN})"
# A shell joins what stands side by side: `"a b"c'd'` is one value. In JSON its quotes are escaped.
_QUOTED = r"(?:\"(?:[^\"\\]|\\.)*\"|\"[^\"]*\"|'[^']*'|\\\"[^\"\\]*\\\")"
_BARE = r"[^\s\"',&;)}\]]"
_INNER = (
    r"(?:\"[0-9A-Za-z][^\"\\]*\"|'[0-9A-Za-z][^']*')"  # no end of one text and start of another
)
_TAKEN_OUT = r"\*\*\*[^\s\"',&;)}\]]*"  # before: what closes a bracket behind it is no more of it
_VALUE = (
    rf"(?:{_TAKEN_OUT}|{_QUOTED}(?:{_QUOTED}|{_BARE})*"
    rf"|[^\s\"',&;=][^\s\"',&;]*(?:{_INNER}[^\s\"',&;)}}\]]*)*)"
)
# A value of what may be no secret: variables, paths, options and further commands are none.
_START = r"[^\s\"',&;=\\$/.~()<>|{}\[\]-]"
_OTHER = rf"(?:\"{_START}[^\"]*\"|'{_START}[^']*'|\\\"{_START}[^\"\\]*\\\"|{_START}[^\s\"',&;]*)"
_LONG = rf"[\"']?{_START}[^\s\"',&;]{{5,}}[\"']?"
# The last three names are too short to be followed by more letters: `_PASSTHROUGH=1`.
_ASSIGNED = (
    rf"(?i)({_KEY}{_SIGN}|(?:_pass|mysql_pwd|[?&](?:sig|x-amz-signature|x-goog-signature))\s*=\s*"
    rf"|[:\s\"']_auth(?:token)?\s*=\s*|(?::|set\s[\"']?)_auth(?:token)?\s+){_VALUE}"
)
# Names that others share: `PATH`, `COMPAT=1`, `OLDPWD=/a`, `--with-mail-auth=dynamic`.
_SHARED = (
    rf"((?i:(?:(?:master|encryption|secret)[_-]?|(?:app|account|access)[_-])key(?:{_ITS_SIGN})"
    rf"|pwd(?:_[0-9a-z_]+)?=)|-[PD][0-9A-Za-z_.-]*(?:[a-z0-9]Pass|[._]pass|[a-z0-9]Login|[._]login)=)"
    rf"{_OTHER}"
)
_SHORT_NAMED = rf"((?:^|[^0-9A-Za-z-])(?:[0-9A-Z_]*_)?(?:AUTH|PAT(?:_[0-9A-Z_]+)?)=){_LONG}"
# Of any other key a value that no person made up, unless all may know it.
_PUBLIC = r"(?i)((?:gpg|pgp|cache|public|pub|primary|foreign|partition|sort|host|signing)[_-]key)="
_HELD = "\0=\0"
_ANY_KEY = (
    r"(?i)([_?&-]key=)[\"']?(?:[0-9a-z][0-9a-z_.:/+-]*)?"
    r"(?:[0-9a-z+]{16,}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})[0-9a-z_.:/+=-]*[\"']?"
)
_OPTION = (
    r"(?i)(--(?:[\w-]*-)?(?:token|password|passphrase|secret|oauth2-bearer"
    r"|(?:api|account|access|secret|master|encryption)-key)\s+)"
    rf"(?:{_TAKEN_OUT}|{_QUOTED}(?:{_QUOTED}|{_BARE})*|[^\s\"'-][^\s\"']*)"
)
# Short options mean something else in every program: `docker login -p …`, `curl -u name:…`.
_SHORT = (
    r"((?-u:\b)(?:(?:login\s(?:[^|;&]*?\s)?|sshpass\s)-p[\s=]*"
    r"|curl\s(?:[^|;&]*?\s)?(?:-[a-zA-Z]*u|--user)[\s=]*[\"']?[^\s:\"']+:))"
    rf"{_VALUE}"
)
_OF_PROGRAM = (
    r"((?-u:\b)(?:(?:mysql|mariadb)(?:-?dump|-?admin)?\s(?:[^|;&]*?\s)?-p|(?:vault|cargo)\slogin\s+"
    r"|chpasswd\s*<<<\s*[\"']?[0-9A-Za-z_.-]+:"
    r"|bundle\s+config\s+(?:set\s+)?(?:--?[a-z-]+\s+)*[^\s.:]+\.\S+\s+[^\s:/\"'-][^\s:/\"']*:"
    r"|(?:p?npm|yarn|poetry|composer|git|aws|gh)\s+config(?:ure)?\s+(?:set\s+)?(?:--?[a-z-]+\s+)*(?:http-basic\.\S+\s+[^\s-]\S*"
    r"|(?i:[^\s\"'=]*(?:token|passw(?:or)?d|oauth|authident|secret)[^\s\"'=]*))\s+)"
    r"|\s-(?i:password|apikey|storepass|keypass)\s+|\s-pass(?:in|out)?\s+[\"']?pass:)"
    rf"{_OTHER}"
)
_NETRC = (
    r"((?:(?-u:\b)|\\n)(?:machine|login)(?:\s|\\n)+[^\s\\]+(?:\s|\\n)+password(?:\s|\\n)+)"
    r"[^\s\"'\\$][^\s\"'\\]*"
)
_PIPED = (
    r"((?-u:\b)(?:echo|printf)\s+(?:-[a-zA-Z]+\s+)*(?:[\"']?%s(?:\\n)?[\"']?\s+)?[\"']?)"
    r"[^\s\"'$|;&<>-][^\"'|;&]*?([\"']?\s*\|\s*[^|;&]*(?:--password-stdin|(?-u:\b)passwd\s+--stdin))"
)
_CHPASSWD = (
    r"(?-u:\b)(?:((?:echo|printf)\s+(?:-[a-zA-Z]+\s+)*[\"'][0-9A-Za-z_.-]+:)[^\"'$][^\"']*"
    r"([\"']\s*\|\s*(?:sudo\s+)?chpasswd)"
    r"|((?:echo|printf)\s+(?:-[a-zA-Z]+\s+)*[0-9A-Za-z_.-]+:)[^\s\"'$|;&][^\s\"'|;&]*"
    r"(\s*\|\s*(?:sudo\s+)?chpasswd))"
)
_AUTHORIZATION = (
    r"(?i)(authorization:[\s\\]*(?:basic|bearer|token|api-?key|digest|negotiate)[\s\\]+)[^\s\"']+"
)
_HEADER = (
    r"(?i)((?:^|[^0-9a-z/])(?:(?:private|job|deploy)-token"
    r"|x-[0-9a-z-]*(?:token|key|secret|auth)[0-9a-z-]*):[ ]?)"
    rf"{_OTHER}"
)
_AUTH = r"(?i)(\"auth\\?\"\s*:\s*\\?\")[^\"'\\$]{6,}"
# Behind an `@` that ends no reference by digest: `docker-image://alpine:3.20@sha256:…`.
_AT = r"@(?:[^\s\"'@s]|s[^h]|sh[^a]|sha[^2])"
_URL = rf"(?i)([a-z][a-z0-9+.-]*://[^\s/:@\"']*:)[^\s/\"']+({_AT})"
# A token as user; but not the `git` of `ssh://git@…`, nor a variable.
_NO_GIT = (
    r"(?:[^\s/:@\"'<>$g][^\s/:@\"'<>]*|g(?:[^\s/:@\"'<>i][^\s/:@\"'<>]*)?"
    r"|gi(?:[^\s/:@\"'<>t][^\s/:@\"'<>]*)?|git[^\s/:@\"'<>]+)"
)
_USER = rf"((?i:[a-z][a-z0-9+.-]*)://){_NO_GIT}((?::(?:x-oauth-basic)?)?{_AT})"
# `user:SECRET@registry.example.org/image`
_IN_REF = (
    r"((?:^|[\s=,\"'])[^\s:/@\"'=,]+:)[^\s/@\"'$][^\s/@\"']*"
    r"(@(?:localhost|[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*(?:\.[A-Za-z]{2,}|:[0-9]+))(?::[0-9]+)?/)"
)
_REF = r":[^\s/@]+@[0-9A-Za-z.:-]+/"
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
_TEXT = "text"
_ONE, _TWO = f"${{1}}{REDACTED}", f"${{1}}{REDACTED}${{2}}"
_RULES = (
    *((pattern, _ONE) for pattern in (_ASSIGNED, _SHARED, _SHORT_NAMED)),
    (_PUBLIC, f"${{1}}{_HELD}"),
    (_ANY_KEY, _ONE),
    (_HELD, "="),
    *((pattern, _ONE) for pattern in (_OPTION, _SHORT, _OF_PROGRAM, _NETRC)),
    (_PIPED, _TWO),
    (_CHPASSWD, f"${{1}}${{3}}{REDACTED}${{2}}${{4}}"),
    *((pattern, _ONE) for pattern in (_AUTHORIZATION, _HEADER, _AUTH)),
    *((pattern, _TWO) for pattern in (_USER, _URL, _IN_REF)),
    (_KNOWN, REDACTED),
)
# Without one of these, in whatever case, no pattern above but that of references can match.
_SIGNS = [
    *("token", "pass", "secret", "key", "credential", "auth", "://", "pwd", "pat=", "pat_"),
    *("sig=", "signature=", "login", "curl", "mysql", "mariadb", "http-basic", "bundle", "bearer"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glrt-", "gldt-", "glptt-"),
    *("glcbt-", "glsoat-", "xox", "akia", "asia", "npm_", "pypi-", "sk-", "k_live_", "k_test_"),
    *("aiza", "hf_", "dckr_pat_", "_v1_", "sg.", "eyj"),
]


def redacted(text: pl.Expr) -> pl.Expr:
    """Replace what looks like a secret by `***`; null stays null."""
    return text.map_batches(_redacted, return_dtype=pl.String, is_elementwise=True)


def _clean() -> pl.Expr:
    # One expression: to call polars for each rule takes longer than the rules.
    clean = pl.col(_TEXT)
    for pattern, kept in _RULES:
        clean = clean.str.replace_all(pattern, kept)
    return clean


def _redacted(texts: pl.Series) -> pl.Series:
    """Look closely only at the few texts that can hold a secret."""
    has_sign = texts.str.contains_any(_SIGNS, ascii_case_insensitive=True)
    suspects = (has_sign | texts.str.contains(_REF)).arg_true()
    # What is left of a text may look like a secret again: until nothing changes.
    while not suspects.is_empty():
        before = texts.gather(suspects)
        clean = before.to_frame(_TEXT).select(_clean()).to_series()
        changed = (clean != before).arg_true()
        suspects = suspects.gather(changed)
        texts = texts.scatter(suspects, clean.gather(changed))
    return texts
