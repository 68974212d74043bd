"""Package managers, and the lines in which each says what it installed, as a table.

Where a line names packages, its regular expression has the groups `name` and `version`, or `names`
for many in one line, `name-version` each; where it only counts them, `count`. `size` with `unit`
is what was downloaded, and `minutes`, `seconds` and `scale` how long that took.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["GROUPS", "PACKAGE_MANAGERS", "Manager", "Pattern"]

GROUPS = ("name", "version", "names", "count", "size", "unit", "minutes", "seconds", "scale")

_SIZE = r"(?<size>\d[\d.,]*) ?(?<unit>[kKMG]?i?B?)"
_TIME = r"(?:(?<minutes>\d+)m(?:in)? )?(?<seconds>[\d.]+) ?(?<scale>m?s)"
# Where an archive of a repository in Maven's layout lies.
_ARTIFACT = r"https?://\S+/(?<name>[^/\s]+)/(?<version>[^/\s]+)/[^/\s]+\.(?:jar|aar|klib)"


class Pattern(NamedTuple):
    """Lines of one form.

    Attributes:
        mark: A literal in them all, and in few other lines: it is what they are found by.
        regex: What they are, behind blanks and colours.
    """

    mark: str
    regex: str


class Manager(NamedTuple):
    """A package manager.

    Attributes:
        name: What it is called in facts; two entries may share one.
        patterns: Lines that are read.
        sample: What it prints.
        packages: Name and version of the packages in the sample, or how many it counts.
        downloaded: Bytes and seconds of download in the sample, where printed.
    """

    name: str
    patterns: tuple[Pattern, ...]
    sample: str
    packages: tuple[str, ...] | int
    downloaded: tuple[int | None, float | None] = (None, None)


PACKAGE_MANAGERS = (
    Manager(
        "apt",
        (
            Pattern("Setting up ", r"Setting up (?<name>[^\s:]+)\S* \((?<version>[^)]+)\)"),
            Pattern("Fetched ", rf"Fetched {_SIZE} in {_TIME}"),
            # All is in the cache mount, and nothing is fetched.
            Pattern("Need to get ", r"Need to get (?<size>0) (?<unit>B)(?:/| of )"),
        ),
        "Need to get 188 kB/741 kB of archives.\n"
        "Fetched 188 kB in 1min 2s (3033 B/s)\n"
        "Setting up libonig5:amd64 (6.9.8-1) ...\n"
        "Setting up jq (1.6-2.1) ...\n",
        ("jq 1.6-2.1", "libonig5 6.9.8-1"),
        (188_000, 62.0),
    ),
    Manager(
        "apk",
        (
            Pattern("Installing ", r"\(\d+/\d+\) Installing (?<name>\S+) \((?<version>[^)]+)\)"),
            Pattern(
                "Upgrading ", r"\(\d+/\d+\) Upgrading (?<name>\S+) \(\S+ -> (?<version>[^)]+)\)"
            ),
        ),
        "(1/2) Upgrading musl (1.2.5-r0 -> 1.2.5-r1)\n"
        "(2/2) Installing brotli-libs (1.1.0-r2)\n"
        "OK: 21 MiB in 29 packages\n",
        ("brotli-libs 1.1.0-r2", "musl 1.2.5-r1"),
    ),
    Manager(
        "dnf",
        (
            Pattern(
                "Installing ",
                r"Installing +: (?<name>\S+)-(?<version>[^-\s]+-[^-\s]+) +\d+/\d+",
            ),
            Pattern("Total download", rf"Total download size: {_SIZE}$"),
        ),
        "Total download size: 1.5 M\n"
        "  Installing       : oniguruma-6.9.6-1.el9.6.x86_64              1/2 \n"
        "  Installing       : jq-1.6-17.el9.x86_64                        2/2 \n",
        ("jq 1.6-17.el9.x86_64", "oniguruma 6.9.6-1.el9.6.x86_64"),
        (1_500_000, None),
    ),
    Manager(
        "dnf",
        (
            Pattern(
                "Installing ",
                r"\[ *\d+/\d+\] Installing (?<name>\S+)-(?<version>[^-\s]+-[^-\s]+) +100%",
            ),
            Pattern("Need to download ", rf"Total size .* Need to download {_SIZE}\."),
        ),
        "Total size of inbound packages is 12 MiB. Need to download 2 MiB.\n"
        "[3/4] Installing oniguruma-0:6.9.10-1.fc41. 100% |  33.7 MiB/s | 760.0 KiB |  00m00s\n",
        ("oniguruma 0:6.9.10-1.fc41.",),
        (2 << 20, None),
    ),
    Manager(
        "pip",
        (
            Pattern("Successfully installed ", r"Successfully installed (?<names>\S.*)"),
            Pattern("Downloading ", rf"Downloading \S+\.(?:whl|zip|gz|bz2)\S* \({_SIZE}\)"),
        ),
        "  Downloading flask-3.0.3-py3-none-any.whl (101 kB)\n"
        "Successfully installed flask-3.0.3 typing-extensions-4.16.0\n",
        ("flask 3.0.3", "typing-extensions 4.16.0"),
        (101_000, None),
    ),
    Manager(
        "uv",
        (
            Pattern(" + ", r"\+ (?<name>[\w.-]+)==(?<version>\S+)"),
            Pattern("Installed ", r"Installed (?<count>\d+) packages? in "),
            Pattern("Prepared ", rf"Prepared \d+ packages? in {_TIME}"),
        ),
        "Prepared 2 packages in 812ms\nInstalled 2 packages in 9ms\n"
        " + numpy==1.26.4\n + joblib==1.4.2\n",
        ("joblib 1.4.2", "numpy 1.26.4"),
        (None, 0.812),
    ),
    Manager(
        "poetry",
        (
            Pattern(
                "Installing ",
                r"(?:-|•) Installing (?<name>[^\s/]+) \((?<version>[^\s)]+)[^)]*\)",
            ),
        ),
        "Package operations: 2 installs, 0 updates, 0 removals\n"
        "  - Installing certifi (2024.2.2)\n"
        "  - Installing own (0.1.0 5d1c0de)\n",
        ("certifi 2024.2.2", "own 0.1.0"),
    ),
    Manager(
        "conda",
        tuple(
            Pattern(mark, r"[\w.-]+ +\S+::(?<name>\S+)-(?<version>[^-\s]+-[^-\s]+)")
            for mark in ("/linux-64::", "/linux-aarch64::", "/noarch::")
        ),
        "  numpy              conda-forge/linux-64::numpy-1.26.4-py311h64a7726_0 \n"
        "  tzdata             conda-forge/noarch::tzdata-2024a-h0c530f3_0 \n",
        ("numpy 1.26.4-py311h64a7726_0", "tzdata 2024a-h0c530f3_0"),
    ),
    Manager(
        "mamba",
        (
            Pattern(
                " + ",
                r"\+ (?<name>[\w.-]+) +(?<version>[\w.!]+ +\w+) +\S+ +(?:Cached|[\d.]+ ?[kMG]?B)",
            ),
            Pattern("Total download", rf"Total download: {_SIZE}"),
        ),
        "  + numpy         1.26.4  py311h64a7726_0  conda-forge        8MB\n"
        "  Total download: 8MB\n",
        ("numpy 1.26.4 py311h64a7726_0",),
        (8_000_000, None),
    ),
    Manager(
        "npm",
        (Pattern("added ", r"added (?<count>\d+) packages?\b"),),
        "added 57 packages, and audited 58 packages in 3s\n",
        57,
    ),
    Manager(
        "yarn",
        (
            Pattern("success Saved ", r"success Saved (?<count>\d+) new dependenc"),
            Pattern(
                "YN0013: ", r"➤ YN0013: [│└]? ?(?<name>@?[^@\s]+)@(?:npm:)?(?<version>\S+) can't"
            ),
            Pattern(
                "YN0013: ",
                r"➤ YN0013: [│└]? ?(?<count>\d+) packages were added .*\(\+ "
                rf"{_SIZE}\)",
            ),
        ),
        "➤ YN0013: │ 754 packages were added to the project (+ 1.5 MiB).\n",
        754,
        (3 << 19, None),
    ),
    Manager(
        "yarn",
        (),
        "➤ YN0013: │ @babel/core@npm:7.24.0 can't be found in the cache and will be fetched from\n",
        ("@babel/core 7.24.0",),
    ),
    Manager(
        "pnpm",
        (Pattern("Packages: +", r"Packages: \+(?<count>\d+)"),),
        "Packages: +57\n++++++++++\nProgress: resolved 57, reused 0, downloaded 57, added 57\n",
        57,
    ),
    Manager(
        "go",
        (Pattern("go: downloading ", r"go: downloading (?<name>\S+) (?<version>v\S+)"),),
        "go: downloading golang.org/x/net v0.46.0\n",
        ("golang.org/x/net v0.46.0",),
    ),
    Manager(
        "cargo",
        (
            Pattern("Downloaded ", r"Downloaded (?<name>\S+) v(?<version>\S+)"),
            # A crate of the project itself has its folder behind the version.
            Pattern("Compiling ", r"Compiling (?<name>\S+) v(?<version>\S+)\s*$"),
            Pattern("Downloaded ", rf"Downloaded \d+ crates? \({_SIZE}\) in {_TIME}"),
        ),
        "  Downloaded serde v1.0.203\n  Downloaded 1 crate (78.5 KB) in 0.25s\n"
        "   Compiling serde v1.0.203\n   Compiling app v0.1.0 (/src)\n",
        ("serde 1.0.203",),
        (78_500, 0.25),
    ),
    Manager(
        "maven",
        (Pattern("Downloaded ", rf"(?:\[INFO\] )?Downloaded from \S+: {_ARTIFACT} \({_SIZE} at "),),
        "[INFO] Downloaded from central: https://maven.example.org/maven2/com/google/guava/guava/"
        "33.0.0-jre/guava-33.0.0-jre.jar (3.0 MB at 21 MB/s)\n"
        "[INFO] Downloaded from central: https://maven.example.org/maven2/com/google/guava/guava/"
        "33.0.0-jre/guava-33.0.0-jre.pom (9.0 kB at 99 kB/s)\n",
        ("guava 33.0.0-jre",),
        (3_000_000, None),
    ),
    Manager(
        "gradle",
        (Pattern("Download http", rf"Download {_ARTIFACT}"),),
        "Download https://maven.example.org/maven2/junit/junit/4.13.2/junit-4.13.2.jar\n",
        ("junit 4.13.2",),
    ),
    Manager(
        "bundler",
        (
            Pattern(
                "Installing ",
                r"Installing (?<name>[\w.-]+) (?<version>\d\S*?)(?: \([^)]*\))?(?: with .*)?\s*$",
            ),
        ),
        "Fetching rake 13.2.1\nInstalling rake 13.2.1\n"
        "Installing nokogiri 1.16.5 (x86_64-linux)\nInstalling ffi 1.17.0 with native extensions\n",
        ("ffi 1.17.0", "nokogiri 1.16.5", "rake 13.2.1"),
    ),
    Manager(
        "composer",
        (
            Pattern(
                "Installing ", r"- Installing (?<name>[^\s/]+/\S+) \((?<version>[^\s)]+)[^)]*\)"
            ),
        ),
        "  - Installing symfony/console (v7.1.0): Extracting archive\n",
        ("symfony/console v7.1.0",),
    ),
    Manager(
        "nuget",
        (Pattern("Installed ", r"Installed (?<name>\S+) (?<version>\d\S*) from http"),),
        "  Installed Newtonsoft.Json 13.0.3 from https://nuget.example.org/v3/index.json with "
        "content hash HrC5=.\n",
        ("Newtonsoft.Json 13.0.3",),
    ),
)
