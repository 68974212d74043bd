"""What there is to know of a package manager."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cache", "Manager"]


@dataclass(frozen=True, kw_only=True)
class Cache:
    """A directory for `--mount=type=cache`; locked where two builds must not share it."""

    target: str
    locked: bool = False

    @property
    def flag(self) -> str:
        """The flag of a RUN."""
        return f"--mount=type=cache,target={self.target}" + (",sharing=locked" * self.locked)


@dataclass(frozen=True, kw_only=True)
class Manager:
    """A package manager. Patterns search the normalised command; file names may end in `*`."""

    name: str
    installs: str
    # Where this is found, the installation reads more than manifests: the project, local packages.
    reads_project: str = r"(?!)"
    manifest_options: tuple[str, ...] = ()
    # Read from the working directory if no option names them; `*`: if they exist.
    manifests: tuple[str, ...] = ()
    # Names, with wildcards, of files and folders that it may read besides, wherever they are.
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()  # written below the working directory
    caches: tuple[Cache, ...] = ()
    cache_variable: str | None = None  # says where the cache is
    defeating_flags: tuple[tuple[str, str], ...] = ()  # and what to write instead
    defeating_paths: str = r"(?!)"  # operands of rm
    defeating_commands: str = r"(?!)"
    off_switches: tuple[str, ...] = ()  # variables
    # Why the cache cannot be mounted without more thought: it holds what later steps need.
    is_result: bool = False
    # Why an installation with nothing but the manifests cannot be proven to work: it may read
    # all of its working directory.
    unsplittable: str | None = None
    checks: tuple[str, ...] = ()  # on which it reads nothing else
    clashes: tuple[str, ...] = ()  # on which a COPY of everything leaves what it wrote alone

    @property
    def reads_files(self) -> bool:
        """Whether it installs what files of a project name."""
        return bool(self.manifests or self.manifest_options)
