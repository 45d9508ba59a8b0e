"""Object stores through fsspec: one file system per place, failures in words.

Belongs here: everything that touches fsspec and its drivers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from segmentation_pipeline.connections.place import Place, missing_driver
from segmentation_pipeline.connections.protocols import protocol_of

_ENV = "_env"
_EXTRAS = {"s3fs": "s3", "paramiko": "sftp"}
_DRIVERS = {"botocore", "aiobotocore", "aiohttp", "google", "gcsfs", "azure", "adlfs", "paramiko"}
_REFUSED = ("forbidden", "credentials", "authentication failed")
_LOCAL, _SFTP = {"file", "local"}, {"sftp", "ssh"}
_WITH_FOLDERS = _LOCAL | _SFTP
_BUCKETS = {"s3", "s3a", "gs", "gcs"}
"""Protocols whose URLs begin with the name of a bucket."""


class ObjectStore:
    """The store a URL is in, for all URLs of that protocol.  Paths are as fsspec spells them: without it."""

    def __init__(self, place: Place, url: str, options: Mapping[str, str]) -> None:
        """Raises ``ConnectionProblem`` for a missing driver or environment variable; connects to nothing yet."""
        import fsspec

        self._place, self._url = place, url
        protocol = protocol_of(url)
        values = {
            name.removesuffix(_ENV): place.variable(value, f"storage_options.{name}") if name.endswith(_ENV) else _plain(value)
            for name, value in options.items()
        }
        self._secrets = [str(values[name.removesuffix(_ENV)]) for name in options if name.endswith(_ENV)]
        self.has_folders = protocol in _WITH_FOLDERS
        if protocol in _LOCAL:
            values["auto_mkdir"] = True
        try:
            kind = fsspec.get_filesystem_class(protocol)
        except ImportError as error:
            package = str(getattr(error.__cause__, "name", None) or protocol)
            raise missing_driver(place, package, _EXTRAS.get(package)) from None
        values = kind._get_kwargs_from_urls(url) | values  # such as the host
        if protocol in _SFTP:
            from segmentation_pipeline.connections.known_hosts import KnownHosts

            values["host_key_policy"] = KnownHosts(values.pop("known_hosts", None))
        else:
            values["use_listings_cache"] = False  # SFTP has none
        with self.told():
            # A file system kept from before would list what was there then.
            self.files: Any = fsspec.filesystem(protocol, skip_instance_cache=True, **values)

    def path(self, url: str) -> str:
        return str(self.files._strip_protocol(url))

    def matches(self, url: str) -> dict[str, dict[str, Any]]:
        """The objects a URL with wildcards matches, with what the store tells about each."""
        with self.told():
            found = self.files.glob(self.path(url), detail=True)
            return {str(path): info for path, info in sorted(found.items()) if info.get("type") == "file"}

    def check_bucket(self, url: str) -> None:
        """Raises ``ConnectionProblem`` when the bucket of ``url`` is not there: listing it would only find nothing."""
        if protocol_of(url) in _BUCKETS:
            with self.told():
                there = self.files.exists(self.path(url).partition("/")[0])
            if not there:
                raise self._place.problem(f"{url} cannot be used: {_no_bucket(self._place)}")

    def make_folder(self, path: str) -> None:
        """The folder a file is about to be written to; in a bucket it is but a part of a name."""
        if self.has_folders:
            self.files.makedirs(path, exist_ok=True)

    def replace(self, path: str, content: bytes) -> None:
        """Write a file that others read meanwhile: they see the old one or the new one, whole."""
        part = f"{path}.part" if self.has_folders else path
        self.files.pipe_file(part, content)
        if part != path:
            self.files.mv(part, path)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turns a failure of the store inside the block into a ``ConnectionProblem``."""
        try:
            yield
        except Exception as error:
            if not _of_the_store(error):
                raise
            raise self._place.problem(self._in_words(error)) from None

    def _in_words(self, error: Exception) -> str:
        said = " ".join(str(error).split()) or type(error).__name__
        for secret in self._secrets:
            said = said.replace(secret, "***")
        options = f"{self._place.key}.storage_options"
        where = f"{self._url} cannot be used"
        if "bucket does not exist" in said or "NoSuchBucket" in said:
            return f"{where}: {_no_bucket(self._place)}"
        if isinstance(error, PermissionError) or any(word in said.lower() for word in _REFUSED):
            return f"{where}: the store refuses the key or the key may not do this ({said}). Correct {options}."
        if (
            type(error).__name__ in ("EndpointConnectionError", "ConnectTimeoutError", "ClientConnectorError")
            or "connect" in said
        ):
            return f"{where}: the store cannot be reached ({said}). Is it up, and is the URL right or {options}.endpoint_url?"
        if isinstance(error, TypeError) and "unexpected keyword" in said:
            return f"{where}: an option the driver does not know ({said}). Correct {options}."
        return f"{where}: {said}."


def _of_the_store(error: Exception) -> bool:
    """Drivers raise errors of input, and of their own families; a wrong option is a wrong argument to them."""
    wrong_option = isinstance(error, TypeError) and "unexpected keyword" in str(error)
    return isinstance(error, OSError | ValueError) or wrong_option or type(error).__module__.partition(".")[0] in _DRIVERS


def _no_bucket(place: Place) -> str:
    return f"there is no such bucket, or the key may not see it. Correct the URL ({place.key}) or make the bucket."


def _plain(value: str) -> object:
    return {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)
