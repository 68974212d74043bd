from __future__ import annotations

import re
from collections import Counter

import hypothesis.strategies as st
from hypothesis import example, given, settings

from cachestats.advice.dockerfile import Dependencies, EditKind, Hints, Part, parse, rewrite
from tests.advice.dockerfile.simulated import built

RUNS = (
    "RUN make {id}",
    "RUN make {id} $GIT_SHA",
    "RUN apt-get update && apt-get install -y {id} && rm -rf /var/lib/apt/lists/*",
    "run pip install --no-cache-dir {id}",
    "RUN pip install {id}==$X",
    "RUN pip install -r r.txt {id}",
    "RUN pip install -r r.txt \\\n    # why\n    {id}",
    "RUN pip install -r /tmp/r.txt {id}",
    "RUN pip install -r /tmp/r.txt {id} && rm /tmp/r.txt",
    "RUN --mount=type=cache,target=/root/.npm npm ci --{id}",
    "RUN <<EOF\nset -e\npip install {id}\nEOF",
)
OTHERS = (
    "ARG GIT_SHA=1",
    "ARG X=2",
    "ENV GIT_SHA=$GIT_SHA",
    "ENV X=3 Y=$GIT_SHA",
    "ENV PATH=/opt/bin:$PATH",
    "LABEL a=$GIT_SHA",
    "WORKDIR /srv/x",
    "WORKDIR /srv/y",
    "workdir sub",
    "COPY . .",
    "COPY . /srv/x",
    "COPY back/ .",
    "COPY back/ /srv/x/",
    "COPY r.txt .",
    "COPY r.txt /tmp/",
    "COPY conf/ /etc/conf/",
    "COPY app.py /srv/x/$X/",
    "COPY conf/x.json \\\n    /srv/x/app.py",
    "COPY . /",
    "EXPOSE 80",
    "CMD make",
    "ONBUILD COPY . /z",
    "COPY --from=0 /srv/x /srv/y",
)
# What edits look for, often enough to be found together.
COMMON = ("COPY . .", "RUN pip install -r r.txt {id}", "RUN npm ci --{id}", "ARG GIT_SHA=1") * 4
LINES = st.lists(st.sampled_from(RUNS + OTHERS + COMMON), max_size=8)
RATES = st.none() | st.dictionaries(st.integers(0, 20), st.sampled_from([0.0, 0.3, 1.0]))


# A busy machine takes its time.
unhurried = settings(deadline=None)


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """A few stages of instructions, some with a comment of their own."""
    lines = [draw(st.sampled_from(["# syntax=a\n", "", "# head\n\n", "ARG GIT_SHA=9\n"]))]
    for stage in range(draw(st.integers(1, 3))):
        base = draw(st.sampled_from(["base", "s0"] if stage else ["base"]))
        lines.append(f"FROM {base} AS s{stage}\n")
        start = draw(st.sampled_from([[], ["WORKDIR /srv/x"]]))
        for text in [*start, *draw(LINES)]:
            if "--from" in text and not stage:
                continue
            above = ["", "", "\n", f"# c{len(lines)}\n", f"# d{len(lines)}\n\n"]
            lines.append(draw(st.sampled_from(above)))
            lines.append(text.format(id=f"id{len(lines)}") + "\n")
    text = "".join(lines)
    text = draw(st.sampled_from([text, text.removesuffix("\n")]))
    return draw(st.sampled_from([text, text.replace("\n", "\r\n")]))


@unhurried
@given(dockerfiles(), RATES)
def test_what_is_built_does_not_change(text: str, rates: dict[int, float] | None) -> None:
    file = parse(text)
    done = rewrite(file, Hints(change_rate=rates or {}))
    before, after = built(file), built(done.dockerfile)
    assert after == before
    assert built(parse(done.text)) == before


@unhurried
@given(dockerfiles(), RATES)
def test_a_rewritten_file_stays_as_it_is(text: str, rates: dict[int, float] | None) -> None:
    hints = Hints(change_rate=rates or {})
    done = rewrite(parse(text), hints)
    again = rewrite(parse(done.text), hints.carried(done.origins))
    assert again.text == done.text
    assert again.edits == ()


@unhurried
@given(dockerfiles())
def test_instructions_that_no_edit_names_survive_as_they_are(text: str) -> None:
    file = parse(text)
    done = rewrite(file)
    named = {index for edit in done.edits for index in edit.where.instructions}
    kept = {one.origin: one for one in done.dockerfile.instructions if one.part == Part.WHOLE}
    assert all(
        kept[one.index].text == one.text for one in file.instructions if one.index not in named
    )


@unhurried
@given(dockerfiles())
def test_each_instruction_survives_once_or_in_parts(text: str) -> None:
    file = parse(text)
    done = rewrite(file)
    mounted = {e.where.instructions[0] for e in done.edits if e.kind == EditKind.BIND_MOUNT}
    parts = Counter(origin for origin in done.origins if origin[1] in {Part.WHOLE, Part.REST})
    assert set(parts.values()) <= {1}
    assert {index for index, _ in parts} | mounted == set(range(len(file.instructions)))


@unhurried
@given(dockerfiles())
@example(
    "FROM base AS s0\nWORKDIR /srv/x\nCOPY . .\nCOPY r.txt .\nRUN pip install -r r.txt\n"
    "FROM base AS s1\n"
)
def test_the_new_order_inverts_no_dependency(text: str) -> None:
    file = parse(text)
    # A file that is mounted is not read from what an earlier COPY wrote.
    mounted = rewrite(file, Hints(kinds=frozenset({EditKind.BIND_MOUNT})))
    order, places = Dependencies(parse(mounted.text)), [index for index, _ in mounted.origins]
    copied = Dependencies(file)

    def needs(late: int, early: int) -> str | None:
        if {late, early} <= set(places):
            return order.reason(places.index(late), places.index(early))
        return copied.reason(late, early)

    new = [
        (index, part)
        for index, part in rewrite(file).origins
        if index is not None and part != Part.MANIFEST
    ]
    inverted = [
        (early, late)
        for at, (late, _) in enumerate(new)
        for early, part in new[at + 1 :]
        # The rest of a parted COPY may stand below what reads its manifests, nothing else may.
        if early < late and part != Part.REST and needs(late, early)
    ]
    assert inverted == []


@unhurried
@given(dockerfiles())
def test_comments_survive(text: str) -> None:
    comments = Counter(re.findall(r"^# .*$", text.replace("\r", ""), re.MULTILINE))
    done = rewrite(parse(text)).text.replace("\r", "")
    assert Counter(re.findall(r"^# .*$", done, re.MULTILINE)) == comments
