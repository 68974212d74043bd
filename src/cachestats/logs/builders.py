"""Builders that are not BuildKit, told by what only they print, so that a reject can name them."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["BUILDERS", "Builder", "builder_of"]


class Builder(NamedTuple):
    """A builder: its name, a pattern of its lines, and samples of these."""

    name: str
    line: re.Pattern[bytes]
    samples: tuple[str, ...]


_EITHER = "buildah or podman"
BUILDERS = (
    Builder(
        "Docker's legacy builder",
        re.compile(rb"Step \d+(?:/\d+)? ?: [A-Z]+ |---> (?:Using cache|Running in [0-9a-f]{12})"),
        (
            "Step 3/7 : RUN apt-get update",
            "Step 0 : FROM ubuntu:14.04",
            " ---> Using cache",
            " ---> Running in 53563f0e940e",
            '{"stream":"Step 1/2 : FROM busybox"}',
        ),
    ),
    Builder(
        "kaniko",
        re.compile(
            rb"INFO(?:\x1b\[0m)?\[\d{4}\] (?:Unpacking rootfs as cmd |Executing \d+ build triggers"
            rb"|Taking snapshot of |Retrieving image |Downloading base image |Skipping paths under "
            rb"|Resolved base name |Built cross stage deps|Building stage )"
        ),
        (
            "INFO[0009] Unpacking rootfs as cmd RUN apk add git requires it.",
            "INFO[0001] Executing 0 build triggers",
            "\x1b[36mINFO\x1b[0m[0001] Retrieving image manifest alpine:3.19",
        ),
    ),
    Builder(
        _EITHER,
        re.compile(
            rb"(?:\[\d+/\d+\] )?STEP \d+(?:/\d+)?: [A-Z]+|--> Using cache [0-9a-f]{11,}"
            rb"|\[\d+/\d+\] COMMIT "
        ),
        (
            "STEP 2/8: RUN mkdir /app ",
            "STEP 1: FROM alpine",
            "[1/2] STEP 3/6: COPY Cargo.toml /app/",
            "--> Using cache c93a3433d4329a1b",
            "[2/2] COMMIT web",
        ),
    ),
)


def builder_of(data: bytes) -> str | None:
    """Name the builder that wrote a log, if it is one of these.

    What buildah and podman print is the same; where the log names but one of them, it was that.
    """
    found = next((builder.name for builder in BUILDERS if builder.line.search(data)), None)
    mentioned = [name for name in ("buildah", "podman") if name.encode() in data]
    return mentioned[0] if found == _EITHER and len(mentioned) == 1 else found
