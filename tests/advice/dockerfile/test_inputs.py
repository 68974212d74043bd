"""What stays above an installation: files and values that it may read without naming them."""

from __future__ import annotations

import pytest

from cachestats.advice.dockerfile import EditKind, Hints, Rewritten, parse, rewrite

REORDER, SPLIT, VOLATILE = EditKind.REORDER, EditKind.SPLIT_COPY, EditKind.MOVE_VOLATILE
PIP, NPM = "RUN pip install -r requirements.txt", "RUN npm ci"


def rewritten(
    *lines: str, kind: EditKind = REORDER, fed: tuple[int, int] | None = None
) -> tuple[str, Rewritten]:
    """A Dockerfile, and what one kind of edits makes of it."""
    text = "\n".join(["FROM a", "WORKDIR /app", *lines, ""])
    hints = Hints(kinds=frozenset({kind}), fed=frozenset({fed} if fed else ()))
    return text, rewrite(parse(text), hints)


@pytest.mark.parametrize(
    ("copy", "install"),
    [
        ("COPY packages/ui/package.json packages/ui/", NPM),
        ("COPY --parents packages/*/package.json ws/", NPM),
        ("COPY patches ./patches", NPM),
        ("COPY prisma ./prisma", NPM),
        ("COPY npm-shrinkwrap.json ./", NPM),
        ("COPY .yarn ./.yarn", "RUN yarn install --immutable"),
        ("COPY packages/ui/package.json packages/ui/", "RUN yarn install --immutable"),
        ("COPY packages/ui/package.json packages/ui/", "RUN pnpm install --frozen-lockfile"),
        ("COPY .pnpmfile.cjs ./", "RUN pnpm install --frozen-lockfile"),
        ("COPY requirements-base.txt .", PIP),
        ("COPY *.txt reqs/", PIP),
        ("COPY dev-requirements.txt reqs/", PIP),
        ("COPY constraints.txt /tmp/", PIP),
        ("COPY requirements/ requirements/", PIP),
        ("COPY requirements/ requirements/", "RUN pip install -r requirements/prod.txt"),
        ("COPY wheels ./wheels", PIP),
        ("COPY requirements-base.txt .", "RUN uv pip install -r requirements.txt"),
        ("COPY libs/x/pyproject.toml libs/x/", "RUN uv sync --no-install-project"),
        ("COPY libs/x/pyproject.toml libs/x/", "RUN poetry install --no-root"),
        ("COPY requirements.txt .", "RUN conda env create -f environment.yml"),
        ("COPY engines/billing/billing.gemspec engines/billing/", "RUN bundle install"),
        ("COPY Gemfile.tools .", "RUN bundle install"),
        ("COPY libs/common/go.mod libs/common/", "RUN go mod download"),
        ("COPY go.work ./", "RUN go mod download"),
        ("COPY crates/x/Cargo.toml crates/x/", "RUN cargo fetch"),
        ("COPY crates ./crates", "RUN cargo fetch"),
        ("COPY web/pom.xml web/", "RUN mvn dependency:go-offline"),
        ("COPY web ./web", "RUN mvn dependency:go-offline"),
        ("COPY buildSrc ./buildSrc", "RUN gradle dependencies"),
        ("COPY Directory.Packages.props ./", "RUN dotnet restore app.sln"),
        ("COPY src/Lib/Lib.csproj src/Lib/", "RUN dotnet restore app.sln"),
        ("COPY auth.json /x/", "RUN composer install --no-scripts --no-autoloader"),
    ],
)
@pytest.mark.parametrize("kind", [REORDER, SPLIT])
def test_what_may_be_an_input_of_a_manager_stays_above_it(
    copy: str, install: str, kind: EditKind
) -> None:
    text, done = rewritten(copy, install, kind=kind)
    assert done.text == text


@pytest.mark.parametrize(
    ("copy", "install"),
    [
        ("COPY packages/ui/package.json packages/ui/", "RUN npm install -g pnpm"),
        ("COPY requirements-base.txt .", "RUN pip install flask"),
        ("COPY requirements-base.txt .", "RUN apt-get install -y gcc"),
        ("COPY package.json web/", PIP),
        ("COPY crates /elsewhere", "RUN cargo fetch"),
        ("COPY src ./src", NPM),
    ],
)
def test_other_files_still_go_below(copy: str, install: str) -> None:
    text, done = rewritten(copy, install)
    assert done.text == text.replace(f"{copy}\n{install}\n", f"{install}\n{copy}\n")


@pytest.mark.parametrize(
    ("variable", "copy", "install"),
    [
        ("ENV PIP_CERT=/certs/ca.pem", "COPY certs /certs", PIP),
        ("ENV NODE_EXTRA_CA_CERTS=certs/ca.pem", "COPY certs ./certs", NPM),
        ("ENV NPM_CONFIG_USERCONFIG=/app/ci/npmrc", "COPY ci ./ci", NPM),
        ("ARG SSL_CERT_FILE", "COPY certs /certs", "RUN go mod download"),
        ("ENV SSL_CERT_DIR=$CERTS", "COPY certs /certs", "RUN go mod download"),
        ("ENV BUNDLE_GEMFILE=backend/Gemfile", "COPY src ./src", "RUN bundle install"),
        ("ENV PIP_CONSTRAINT=ci/pins", "COPY ci ./ci", PIP),
        ("ARG UV_PROJECT", "COPY src ./src", "RUN uv sync --frozen --no-install-project"),
    ],
)
@pytest.mark.parametrize("kind", [REORDER, SPLIT])
def test_what_a_variable_tells_to_read_stays_above(
    variable: str, copy: str, install: str, kind: EditKind
) -> None:
    text, done = rewritten(variable, copy, install, kind=kind)
    assert done.text == text


@pytest.mark.parametrize(
    "variable", ["ENV PIP_CERT=/certs/ca.pem", "ENV PYTHONPATH=/app/src", "ENV PIP_NO_CACHE_DIR=1"]
)
def test_other_files_go_below_whatever_variables_tell(variable: str) -> None:
    text, done = rewritten(variable, "COPY src ./src", PIP)
    assert done.text == text.replace(f"COPY src ./src\n{PIP}\n", f"{PIP}\nCOPY src ./src\n")


@pytest.mark.parametrize(
    ("install", "checks"),
    [
        (PIP, ("the requirements name no other file (-r, -c, -e, ./path)",)),
        ("RUN pip install flask", ()),
        ("RUN apt-get install -y gcc", ()),
        ("RUN npm install -g pnpm", ()),
        ("RUN go mod download", ("go.mod replaces no module by a local path",)),
        ("RUN bundle install", ("the Gemfile names no gemspec, path or other file",)),
    ],
)
def test_a_copy_goes_below_an_installation_on_the_conditions_of_its_manager(
    install: str, checks: tuple[str, ...]
) -> None:
    (edit,) = rewritten("COPY libs/common ./libs/common", install)[1].edits
    assert edit.checks == checks


def test_scripts_and_what_a_package_json_names_are_conditions() -> None:
    (moved,) = rewritten("COPY libs ./libs", NPM)[1].edits
    (parted,) = rewritten("COPY . .", NPM, kind=SPLIT)[1].edits
    assert any("scripts" in check for check in moved.checks)
    assert any("workspaces" in check for check in moved.checks)
    assert set(moved.checks) < set(parted.checks)
    assert set(parted.checks) - set(moved.checks) == {"node_modules is in .dockerignore"}


def test_conditions_are_those_of_all_installations_on_the_way() -> None:
    hints = Hints(kinds=frozenset({REORDER}), cost_s={3: 0.0})
    text = f"FROM a\nWORKDIR /app\nCOPY libs ./libs\n{NPM}\n{PIP}\n"
    (edit,) = rewrite(parse(text), hints).edits
    assert any("requirements" in check for check in edit.checks)
    assert any("scripts" in check for check in edit.checks)


def test_the_rest_of_a_folder_that_stands_below_its_manifest_has_the_conditions_too() -> None:
    _, done = rewritten("COPY requirements.txt .", "COPY . .", PIP, kind=SPLIT)
    (edit,) = done.edits
    assert edit.kind == SPLIT
    assert edit.checks == ("the requirements name no other file (-r, -c, -e, ./path)",)


def test_what_logs_show_to_feed_an_installation_stays_above_it() -> None:
    text, done = rewritten("COPY libs ./libs", NPM, fed=(2, 3))
    assert done.text == text
    (refusal,) = done.refused
    assert refusal.reason == (
        "line 3 stays above line 4: it installed other packages each time that line 3 changed"
    )
    text, done = rewritten("COPY libs ./libs", NPM, fed=(3, 2))
    assert done.text != text


def test_it_is_not_passed_on_the_way_to_another_either() -> None:
    text, done = rewritten("COPY libs ./libs", NPM, PIP, fed=(2, 3))
    assert done.text == text


def test_what_a_folder_with_manifests_feeds_may_be_those() -> None:
    text, done = rewritten("COPY . .", PIP, kind=SPLIT, fed=(2, 3))
    assert done.text != text


@pytest.mark.parametrize(
    "name",
    [
        *(
            "CODEARTIFACT_AUTH_TOKEN",
            "GH_TOKEN",
            "NPM_AUTH",
            "PIP_PASSWORD",
            "DB_PASSWD",
            "MY_SECRET",
        ),
        *(
            "SSH_PRIVATE_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "APIKEY",
            "nexus_credentials",
            "NETRC",
            "GIT_USER",
        ),
        *(
            "ARTIFACTORY_USERNAME",
            "CI_REGISTRY_IMAGE",
            "EXTRA_INDEX",
            "CORP_PROXY",
            "token",
            "APT_MIRROR",
        ),
    ],
)
@pytest.mark.parametrize(
    "install", [NPM, PIP, "RUN pip install flask", "RUN apt-get install -y gcc"]
)
def test_a_credential_or_registry_is_never_moved_below_an_installation(
    name: str, install: str
) -> None:
    text = f"FROM a\nWORKDIR /app\nARG {name}\nENV X_{name}=1\n{install}\nRUN make\n"
    hints = Hints(volatile=frozenset({2, 3}))
    done = rewrite(parse(text), hints)
    assert [edit for edit in done.edits if edit.kind == VOLATILE] == []
    reason = done.refused[0].reason
    assert f"{name} stays above line 5: it " in reason
    assert f"read {name}" in reason.replace("reads", "read")


@pytest.mark.parametrize(
    "name",
    [
        *("GIT_SHA", "BUILD_DATE", "VERSION", "APP_VERSION", "BUILD_ID", "CI_COMMIT_SHA", "MONKEY"),
        *("TOKENIZER", "AUTHOR", "KEYBOARD", "INDEXER_VERSION", "CI_PIPELINE_ID", "BUILD_URL"),
    ],
)
def test_other_values_still_go_below(name: str) -> None:
    text = f"FROM a\nWORKDIR /app\nARG {name}\n{NPM}\n"
    hints = Hints(volatile=frozenset({2}), kinds=frozenset({VOLATILE}))
    assert rewrite(parse(text), hints).text == f"FROM a\nWORKDIR /app\n{NPM}\nARG {name}\n"


@pytest.mark.parametrize(
    ("install", "is_told"),
    [
        (NPM, True),
        (PIP, True),
        ("RUN npm install -g pnpm", True),
        ("RUN apt-get update && apt-get install -y gcc", False),
    ],
)
def test_a_value_goes_below_on_the_condition_that_no_file_expands_it(
    install: str, *, is_told: bool
) -> None:
    (edit,) = rewritten("ARG GIT_SHA", install, kind=VOLATILE)[1].edits
    assert any("expands" in check for check in edit.checks) is is_told
