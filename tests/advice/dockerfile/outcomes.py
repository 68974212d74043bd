"""What one kind of edit makes of a Dockerfile, what it says to check, and what it refuses."""

from __future__ import annotations

from cachestats.advice.dockerfile import EditKind, Hints, parse, rewrite


def outcome(text: str, kind: EditKind) -> tuple[str, str]:
    done = rewrite(parse(text), Hints(kinds=frozenset({kind})))
    return done.text, "; ".join(one.reason for one in done.refused)


def checks(text: str, kind: EditKind = EditKind.CACHE_MOUNT) -> str:
    done = rewrite(parse(text), Hints(kinds=frozenset({kind})))
    return "; ".join(check for edit in done.edits for check in edit.checks)
