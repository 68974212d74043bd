from __future__ import annotations

import pytest

from cachestats.advice.dockerfile import Dependencies, depends, parse
from cachestats.advice.dockerfile.order import Obstacle

PIP = "RUN pip install -r requirements.txt"
MAKE = "RUN make"


@pytest.mark.parametrize(
    ("earlier", "later", "reason"),
    [
        ("ARG SHA", MAKE, "nobody knows whether it reads SHA"),
        ("ENV SHA=1", MAKE, "nobody knows whether it reads SHA"),
        ("ARG SHA", "ENV X=$SHA", "reads SHA"),
        ("ARG SHA", "COPY a /x/${SHA:-y}", "reads SHA"),
        ("ENV SHA=1", "ENV SHA=2", "sets SHA"),
        ("COPY a /x/$SHA", "ENV SHA=1", "sets SHA"),
        ("ENV PIP_INDEX_URL=x", PIP, "reads PIP_INDEX_URL"),
        ("ENV PATH=/x:$PATH", PIP, "reads PATH"),
        ("ARG V", "RUN pip install x==$V", "reads V"),
        ("ARG V", "RUN <<EOF\npip install x==$V\nEOF", "reads V"),
        ("COPY . .", PIP, "/srv/requirements.txt"),
        ("COPY requirements.txt .", PIP, "/srv/requirements.txt"),
        ("COPY . .", MAKE, "nobody knows which files it reads"),
        ("COPY pip.conf /etc/", PIP, "/etc/pip.conf"),
        ("COPY --from=x /opt/venv /opt/venv", PIP, "/opt/venv"),
        ("COPY . /", PIP, "/"),
        (PIP, "COPY pip.conf /etc/", "/etc/pip.conf"),
        ("COPY . $WHERE", PIP, "knows where"),
        (MAKE, PIP, "nobody knows which files line 3 writes"),
        ("RUN apt-get install -y gcc", PIP, "system"),
        ("COPY a/ /x/", "COPY b/ /x/y/", "/x"),
        ("WORKDIR /x", PIP, "WORKDIR"),
        ("USER x", PIP, "USER"),
        ('SHELL ["/bin/bash", "-c"]', PIP, "SHELL"),
        ("WORKDIR /x", "COPY a b", "WORKDIR"),
        ("WORKDIR /x", "COPY --chown=u . /x", "/x"),
        ("RUN useradd u", "COPY --chown=u . /x/", "users"),
        ("LABEL a=1", "LABEL a=2", "LABEL a"),
        ("CMD a", "CMD b", "CMD"),
        ("CMD a", "ENTRYPOINT b", "CMD"),
        ("VOLUME /x", "COPY a /x/", "/x"),
        ("RUN mkdir -p /x", "COPY --chown=1 . /x/", "/x"),
    ],
)
def test_these_keep_their_order(earlier: str, later: str, reason: str) -> None:
    found = depends(parse(f"FROM a\nWORKDIR /srv\n{earlier}\n{later}\n"), 3, 2)
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("ARG SHA", PIP),
        ("ENV SHA=1", "RUN apt-get update && apt-get install -y gcc"),
        ("ARG SHA", "COPY a b"),
        ("ARG SHA", "CMD echo $SHA"),
        ("COPY app/ app/", PIP),
        ("COPY app.py .", PIP),
        ("COPY . .", "RUN apt-get update && apt-get install -y gcc"),
        ("COPY --chown=1000:1000 . .", "RUN apt-get install -y gcc"),
        ("COPY --chown=node . .", "RUN npm install -g x"),
        ("COPY a/ /x/", "COPY b/ /y/"),
        ("COPY . /x/", "WORKDIR /x"),
        ("LABEL a=1", "LABEL b=1"),
        ("CMD a", MAKE),
        ("EXPOSE 1", "EXPOSE 2"),
        (
            "COPY . .",
            (
                "RUN --mount=source=requirements.txt,target=requirements.txt"
                " pip install -r requirements.txt"
            ),
        ),
    ],
)
def test_these_may_change_places(earlier: str, later: str) -> None:
    assert depends(parse(f"FROM a\nWORKDIR /srv\n{earlier}\n{later}\n"), 3, 2) is None


def test_what_goes_along_may_not_bring_what_the_first_is_spared_for() -> None:
    file = parse("FROM a\nWORKDIR /x\nCOPY . .\nCOPY r.txt .\nRUN pip install -r r.txt\n")
    found = Dependencies(file).below([2], 4, apart_from={"/x/r.txt"})
    assert isinstance(found, Obstacle)
    assert (found.earlier, found.later) == (3, 4)


def test_nothing_passes_the_border_of_a_stage() -> None:
    file = parse("FROM a\nENV x=1\nFROM b\nENV y=1\n")
    assert depends(file, 3, 1) == depends(file, 2, 1) == "a stage begins between them"


def test_without_a_workdir_only_the_base_image_knows_where_files_go() -> None:
    reason = depends(parse(f"FROM a\nCOPY . .\n{PIP}\n"), 2, 1)
    assert reason == "only the base image knows where it works, as no WORKDIR says it"


@pytest.mark.parametrize(
    ("path", "is_needed"), [("/x/bin:$PATH", True), ("$TOOLS:$PATH", True), ("/x/.venv/bin", False)]
)
def test_programs_in_the_path_are_needed(path: str, *, is_needed: bool) -> None:
    file = parse(f"FROM a\nENV PATH={path}\nCOPY . /x/\nRUN pip install y\n")
    assert (depends(file, 3, 2) is not None) is is_needed


def test_another_shell_may_read_anything() -> None:
    file = parse('FROM a\nSHELL ["pwsh", "-c"]\nARG SHA\nRUN pip install x\n')
    assert depends(file, 3, 2) is not None
