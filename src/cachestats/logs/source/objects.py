"""Logs in object stores and on web servers."""

from __future__ import annotations

import posixpath
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote, urlsplit, urlunsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import HTTPStore, from_url

from cachestats.logs.source.model import Content, Held, Place, Source, spooled
from cachestats.logs.source.names import (
    is_archive,
    is_hidden,
    is_log,
    is_sidecar,
    is_surely_log,
    natural,
    sidecar_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO

    from obstore import ObjectMeta
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

__all__ = ["find_objects", "without_secrets"]

WEB = frozenset(["http", "https"])
STORES = frozenset(["s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss"])
LISTED_AT_ONCE, AT_ONCE, PIECE_BYTES = 1_000, 32, 8 << 20
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)

# A store that does not answer has had its chance after a few seconds, not after three minutes;
# one that does may take long over an archive. Who names a server without TLS means it.
RETRIES: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
CLIENT: ClientConfig = {"connect_timeout": "10s", "timeout": "10m", "allow_http": True}

# What the libraries below say is a page long, holds addresses, and begins with what matters least.
WORDED = (
    (re.compile(r"http://169\.254\."), "access denied: no credentials in the environment"),
    (re.compile("MissingAccount"), "AZURE_STORAGE_ACCOUNT_NAME is not set"),
    (re.compile("NoSuchBucket|ContainerNotFound|bucket does not exist"), "no such bucket"),
    (re.compile("status code: 404|not found", re.IGNORECASE), "no such object"),
    (re.compile(r"status code: 40[13]\b"), "access denied"),
    (re.compile(r"status code: (\d{3}[^:\n]*)"), r"the server answers \1"),
    (re.compile(r"message: \"([^\"]+)\""), r"cannot be reached: \1"),
    (re.compile(r"kind: Timeout"), "cannot be reached: timed out"),
    (re.compile(r"dns error"), "cannot be reached: no such host"),
    (re.compile(r"kind: Connect"), "cannot be reached"),
)


class Object(Place):
    """An object in a store."""

    __slots__ = ("_key", "_store")
    far: ClassVar[bool] = True

    def __init__(self, name: str, store: ObjectStore, key: str) -> None:
        super().__init__(name)
        self._store, self._key = store, key

    def read(self) -> Content:
        with _worded():
            return Content(bytes(obstore.get(self._store, self._key).bytes()))

    def open(self) -> BinaryIO:
        with _worded():
            pieces = obstore.get(self._store, self._key).stream(min_chunk_size=PIECE_BYTES)
            return spooled(bytes(piece) for piece in pieces)


def find_objects(uri: str) -> list[Source]:
    """Find the object of a URI, or the logs below it; on a web server, always one object.

    Access is had with what the environment, as that of the store's own tools, gives.

    Raises:
        OSError: There is nothing, or it cannot be reached.
    """
    scheme, _, rest = uri.partition("://")
    if scheme in WEB:
        return [_on_the_web(uri)]
    if scheme not in STORES:
        raise OSError(f"{scheme}:// is unknown; use s3://, gs://, az:// or https://")
    bucket, _, prefix = rest.partition("/")
    with _worded():
        return _Bucket(f"{scheme}://{bucket}/", prefix.strip("/")).sources()


def without_secrets(uri: str) -> str:
    """Leave out of a URL what gives access: a password, and a signature in the query."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # a bracket of no address
        return uri.partition("://")[0] + "://…"
    if parts.scheme not in WEB:
        return uri
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


class _Bucket:
    """A bucket, and in it a prefix."""

    def __init__(self, uri: str, prefix: str) -> None:
        self._uri, self._prefix = uri, prefix
        self._store = from_url(uri, client_options=CLIENT, retry_config=RETRIES)

    def sources(self) -> list[Source]:
        """List the logs below the prefix, as in a folder, or what has just that key."""
        chunks = obstore.list(self._store, self._prefix or None, chunk_size=LISTED_AT_ONCE)
        found = {meta["path"]: meta for chunk in chunks for meta in chunk}
        if self._prefix and not found:
            return [self._itself()]
        sidecars = self._sidecars(found)
        return [
            self._source(found[key], sidecars)
            for key in sorted(found, key=natural)
            if self._may_hold_logs(key)
        ]

    def _itself(self) -> Source:
        """Return the object whose key the prefix is, whatever its name."""
        meta = obstore.head(self._store, self._prefix)
        folder, name = posixpath.split(self._prefix)
        beside = self._sidecars(posixpath.join(folder, other) for other in sidecar_names(name))
        there = {key: place for key, place in beside.items() if isinstance(place, Held)}
        source = self._source(meta, there)
        return source._replace(folder=None, is_archive=not is_surely_log(name))

    def _may_hold_logs(self, key: str) -> bool:
        *folders, name = key.removeprefix(self._prefix).lstrip("/").split("/")
        return (is_log(name) or is_archive(name)) and not any(map(is_hidden, [*folders, name]))

    def _sidecars(self, keys: Iterable[str]) -> dict[str, Place]:
        """Fetch all sidecars at once: they are small, and each log asks for its own."""
        wanted = [key for key in keys if is_sidecar(posixpath.basename(key))]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(wanted, pool.map(_fetched, map(self._object, wanted)), strict=True))

    def _source(self, meta: ObjectMeta, sidecars: Mapping[str, Place]) -> Source:
        key = meta["path"]
        parent, name = posixpath.split(key)
        below = key.removeprefix(self._prefix).lstrip("/").split("/")
        beside = [posixpath.join(parent, sidecar) for sidecar in sidecar_names(name)]
        return Source(
            name=self._uri + key,
            path=self._object(key),
            folder=below[0] if len(below) > 1 else None,
            size_bytes=meta["size"],
            modified_at=meta["last_modified"],
            sidecars=tuple(sidecars[path] for path in beside if path in sidecars),
            is_archive=is_archive(name),
        )

    def _object(self, key: str) -> Object:
        return Object(self._uri + key, self._store, key)


def _fetched(place: Object) -> Place:
    try:
        return Held(place.name, place.read())
    except OSError:
        return place  # whoever reads it is told why


def _on_the_web(url: str) -> Source:
    name = without_secrets(url)
    with _worded():
        store = HTTPStore.from_url(url, client_options=CLIENT, retry_config=RETRIES)
    size, modified_at = _head(store)
    entry = posixpath.basename(unquote(urlsplit(url).path))
    return Source(
        name=name,
        path=Object(name, store, ""),
        folder=None,
        size_bytes=size,
        modified_at=modified_at,
        is_archive=not is_surely_log(entry),
    )


def _head(store: HTTPStore) -> tuple[int, datetime | None]:
    """Size and time, if the server tells; a signed URL is often good for nothing but a GET."""
    try:
        meta = obstore.head(store, "")
    except (OSError, BaseError):
        return 0, None
    known = meta["last_modified"] != UNKNOWN_TIME
    return meta["size"], meta["last_modified"] if known else None


@contextmanager
def _worded() -> Iterator[None]:
    """Say in a few words what went wrong."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        raise OSError(_in_words(str(error))) from error


def _in_words(said: str) -> str:
    for pattern, words in WORDED:
        if match := pattern.search(said):
            return match.expand(words)
    return said.partition("\n")[0]
