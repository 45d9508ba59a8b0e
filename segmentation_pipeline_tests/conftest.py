"""Services that tests of several rooms need; started when the first test asks, stopped at the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from segmentation_pipeline_tests.services.postgres_server import PostgresServer
    from segmentation_pipeline_tests.services.s3_server import S3Server

URL_ENV = "SHOP_DB_URL"
_number = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """A database of its own for one test; the variable ``SHOP_DB_URL`` holds its URL."""

    server: PostgresServer
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def run(self, *statements: str) -> None:
        self.server.run(self.name, *statements)

    def rows(self, query: str) -> list[tuple]:
        return self.server.rows(self.name, query)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    from segmentation_pipeline_tests.services.postgres_server import postgres_server

    with postgres_server() as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Database:
    name = f"shop_{next(_number)}"
    postgres.run("postgres", f"CREATE DATABASE {name}")
    monkeypatch.setenv(URL_ENV, postgres.url(name))
    return Database(postgres, name)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    from segmentation_pipeline_tests.services.s3_server import s3_server

    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an empty bucket; ``S3_KEY`` and ``S3_SECRET`` open it."""
    from segmentation_pipeline_tests.services.s3_server import KEY, SECRET

    name = f"bucket-{next(_number)}"
    s3.files.mkdir(f"/{name}")
    monkeypatch.setenv("S3_KEY", KEY)
    monkeypatch.setenv("S3_SECRET", SECRET)
    return name
