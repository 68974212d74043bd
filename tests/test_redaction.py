"""What is taken for a secret, and what stays for people to read."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cachestats.redact import REDACTED, redacted

SECRET = "S3cr3tS3cr3tS3cr3tS3"  # noqa: S105 - of a test
SECRETS = (
    # npm, yarn, poetry, composer, bundler
    "npm config set //registry.npmjs.org/:_auth={}",
    'echo "//registry.npmjs.org/:_auth={}" > .npmrc',
    "echo '_auth={}' > .npmrc",
    "npm config set _auth {}",
    "yarn config set npmAuthToken {}",
    "yarn config set npmAuthIdent ci:{}",
    "poetry config http-basic.corp user {}",
    "poetry config pypi-token.pypi {}",
    "composer config --global github-oauth.github.com {}",
    "bundle config set --global gems.corp ci:{}",
    # addresses
    "git clone https://{}@github.com/a/b.git",
    "git clone https://{}:x-oauth-basic@github.com/a/b.git",
    "gem sources --add https://{}:@rubygems.example.org",
    "pip config set global.index-url https://ci:{}@pypi.example.org/simple",
    'psql "postgres://u:a@{}@db/app"',
    "importing cache manifest from ci:{}@reg.io/x:y",
    "docker pull ci:{}@localhost:5000/x",
    # names
    "GITHUB_PAT={} npm ci",
    "RUN |1 PAT={} /bin/sh -c npm ci",
    "DB_PWD={} ./x",
    "sqlcmd 'Server=db;Uid=sa;Pwd={};'",
    "AUTH={} ./x",
    "BASIC_AUTH='{}' ./x",
    "RAILS_MASTER_KEY={} rails x",
    'ENCRYPTION_KEY="{}" ./x',
    "APP_KEY=base64:{} php artisan",
    "SECRET_KEY={} ./x",
    "DATADOG_KEY={} ./x",
    "curl 'https://example.org/?a=1&key={}'",
    "gradle -PnexusPass={} build",
    "mvn -Dsonar.login={} verify",
    # options
    "az storage blob download --account-key {}",
    "nuget sources add -Name x -UserName u -Password {}",
    "keytool -storepass {} x",
    "curl -sSLu ci:{} https://example.org",
    "curl --oauth2-bearer {} https://example.org",
    "mysql -u root -p{} app",
    "mysqldump -p'{}' app",
    "vault login {}",
    "openssl enc -aes-256-cbc -pass pass:{}",
    # headers
    "curl -H 'PRIVATE-TOKEN:{}' https://example.org",
    'curl -H "X-API-Key:{}" https://example.org',
    'curl -H "Authorization: ApiKey {}" https://example.org',
    'curl -H "Authorization: Basic {}" https://example.org',
    'curl -H "Authorization: token {}" https://example.org',
    "curl -H Authorization:\\ Bearer\\ {} https://example.org",
    # files
    'echo "machine github.com login me password {}" > ~/.netrc',
    'printf "machine github.com\\nlogin me\\npassword {}\\n" > ~/.netrc',
    'echo \'{{"auths":{{"r.io":{{"auth":"{}"}}}}}}\' > config.json',
    '["sh", "-c", "echo {{\\"auth\\": \\"{}\\"}}"]',
    "echo 'root:{}' | chpasswd",
    "echo root:{} | sudo chpasswd",
    "echo 'root:a&b|c;{}' | chpasswd",
    "chpasswd <<< 'root:{}'",
    "echo {} | docker login -u ci --password-stdin",
    'echo "{}" | passwd --stdin root',
    # values of several parts
    'TOKEN=a"{}" make',
    'TOKEN="a"{} make',
    "TOKEN='a'\"b\"{} make",
)
READABLE = (
    "npm config set unsafe-perm true && npm config set always-auth true",
    "COPY _auth /srv/_auth",
    "COPY config secrets.yml tokens.json app/",
    "echo Note: all is well && cat users | chpasswd",
    "git clone git@github.com:org/repo && git clone ssh://git@example.org/org/repo",
    "pip install git+ssh://git@github.com/org/repo.git@v1.2",
    "git clone https://$TOKEN@github.com/a/b.git",
    "docker-image://docker.io/library/alpine:3.20@sha256:" + "a" * 64,
    "docker-image://alpine:3.20@sha256:" + "a" * 64,
    "docker-image://alpine@sha256:" + "a" * 64,
    "FROM localhost:5000/a:1@sha256:" + "a" * 64,
    "npm install react@npm:preact@10.0.0 @scope/a@1.2.3",
    "scp a.tgz ci@example.org:/srv/",
    "CACHE_KEY=v1 MONKEY=1 KEYBOARD=us PRIMARY_KEY=id make",
    "CACHE_KEY=0123456789abcdef0123456789 GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D make",
    "BUILD_KEY=linux-amd64-release SORT_KEY=created_at_timestamp make",
    "--mount=type=cache,id=key,target=/root/.cache make",
    "apt-key add key.asc && apt-key adv --recv-keys 573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62",
    "SSH_KEY=/root/.ssh/id_rsa MASTER_KEY=$KEY make",
    "PWD=/app OLDPWD=$PWD pwd && NO_AUTH=1 HTTP_AUTH=none PAT=1 make",
    "PATH=/usr/bin PATTERN=x COMPAT=enabled_of_all make",
    "mvn -DskipTests -Dlogin.timeout=30 -Pprod verify",
    "mysql --port 3306 -P 3306 -p app && mkdir -p sql",
    'mysql -p"$DB_PW" app',
    "apt-get install -y mysql && cp -pr a b",
    "curl -sSL --url https://example.org -o u https://example.org:443/x",
    "echo your password is needed && passwd -d root",
    "docker run -v /run/my-token:/run/my-token my-token:1.0",
    "authorization: server message: insufficient_scope: authorization failed",
    '{"auth": true, "auths": {}, "auth":{"a":1}}',
    "echo 'root:$ROOT' | chpasswd",
    "bundle config set --local without development:test",
    "bundle config mirror.https://rubygems.org http://mirror:80",
    "poetry config virtualenvs.create false && pip config set global.timeout 60",
    "git config --global --add safe.directory /srv",
)
PARTS = (
    *("TOKEN", "=", '"', "'", " ", "a", "b", "\\", ":", "@", "://", "/", ",", ";", "&", "$", "***"),
    *("password", "--token", "-p", "login", "curl -u", "mysql", "_auth", "config set", "_KEY"),
    *("Authorization:", "Bearer", "echo", "|", "chpasswd", "PWD", "x-oauth-basic", "1234567890"),
    *("https", "git", "\n", "{", "}", ".io", "auth", "sha256:", "-Dx.login", "machine", "secret"),
)


def of(text: str) -> str:
    return str(pl.select(redacted(pl.lit(text))).item())


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_taken_out(text: str) -> None:
    clean = of(text.format(SECRET))
    assert SECRET not in clean
    assert REDACTED in clean


@pytest.mark.parametrize("text", READABLE)
def test_what_is_no_secret_stays(text: str) -> None:
    assert of(text) == text


def test_no_more_is_taken_out_than_the_secret() -> None:
    said = {
        "git clone https://abc@github.com/a": "git clone https://***@github.com/a",
        "git clone https://abc:x-oauth-basic@x.org/a": "git clone https://***:***@x.org/a",
        "pull ci:abc@reg.io/x:y now": "pull ci:***@reg.io/x:y now",
        "DB_PWD=abc ./x": "DB_PWD=*** ./x",
        "echo 'root:abc' | chpasswd && x": "echo 'root:***' | chpasswd && x",
        "mysql -pabc app": "mysql -p*** app",
        "curl -H 'PRIVATE-TOKEN:abc' x": "curl -H 'PRIVATE-TOKEN:***' x",
        'TOKEN="a"b make': "TOKEN=*** make",
        '{"token": "a"}': '{"token": ***}',
        "(TOKEN='a') && $(x --token \"b\")": "(TOKEN=***) && $(x --token ***)",
        '["a", "TOKEN=b", "c"]': '["a", "TOKEN=***", "c"]',
        "clone https://x-access-token:a@x.org/b": "clone https://x-access-token:***@x.org/b",
        '{"auth":"YTpiYTpi"}': '{"auth":"***"}',
    }
    assert {text: of(text) for text in said} == said


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
@example('TOKEN="a"b')
@example('TOKEN=a"b"')
@example("TOKEN=,TOKEN=a")
@example("https://a:b:c@d@e")
def test_a_second_time_changes_nothing(text: str) -> None:
    assert of(of(text)) == of(text)


def test_null_stays_null_and_rows_their_order() -> None:
    texts = pl.Series(["a", None, "TOKEN=x", "", "TOKEN=y b"])
    assert pl.select(redacted(pl.lit(texts))).to_series().to_list() == [
        *("a", None, "TOKEN=***", "", "TOKEN=*** b")
    ]
