"""A real S3-compatible server for tests, in this process, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import fsspec
from moto.server import ThreadedMotoServer

KEY, SECRET = "test-key", "test-secret-value"


@dataclass(frozen=True)
class S3Server:
    url: str

    @cached_property
    def files(self) -> Any:
        """The store as whoever fills and reads the buckets sees it."""
        options = {"key": KEY, "secret": SECRET, "endpoint_url": self.url}
        return fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False, **options)


@contextmanager
def s3_server() -> Iterator[S3Server]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield S3Server(f"http://{host}:{port}")
    finally:
        server.stop()
