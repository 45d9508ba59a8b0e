"""Services that tests of several rooms need; started when the first test asks, stopped at the end."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyspark.sql  # noqa: F401 - before the first check on DuckDB, which else would hide Spark from the first on Spark
import pytest

from segmentation_pipeline.config.schema import SparkConfig
from segmentation_pipeline_tests.examples import register_profiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from segmentation_pipeline_tests.services.postgres_server import PostgresServer
    from segmentation_pipeline_tests.services.s3_server import S3Server

URL_ENV = "SHOP_DB_URL"
_DATABASE = "shop"
_number = itertools.count(1)


# Nearly all a test makes stays until it ends, and the modules until the end of all: Python need not look for garbage so often.
gc.set_threshold(100_000, 50, 100)
register_profiles()

SERVICES = {"postgres", "spark"}
"""Fixtures for which a program beside Python is started: with them a test is slow, so the fast ones need none of it."""

DEAREST = (
    "end_to_end/test_engines_agree",
    "rights/test_forget",
    "end_to_end/test_every_source",
    "rights/test_landed",
    "end_to_end",
    "properties",
    "cases",
    "assets/test_lineage",
    "rights",
)
"""Files that take longest come first, so that no process is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((place for place, part in enumerate(DEAREST) if part in item.path.as_posix()), len(DEAREST))

    for item in items:
        if _is_on_spark(item) and item.path.parent.name != "engine":
            item.add_marker(pytest.mark.wide)
        beyond = {"long", "wide"} & {mark.name for mark in item.iter_markers()}
        if beyond or SERVICES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    items.sort(key=place)


def _is_on_spark(item: pytest.Item) -> bool:
    """Whether the test has Spark by a fixture or a parameter.

    In ``make test`` Spark keeps every promise of an engine, and runs a whole small shop; each room's own tests on it are wide.
    """
    values = item.callspec.params.values() if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ()
    return "spark" in getattr(item, "fixturenames", ()) or "spark" in values


@dataclass(frozen=True)
class Database:
    """An empty database for one test; the variable ``SHOP_DB_URL`` holds its URL."""

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
        server.run("postgres", f"CREATE DATABASE {_DATABASE}")
        yield server


@pytest.fixture
def database(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Database:
    others = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'"
    schemas = [f'DROP SCHEMA "{name}" CASCADE' for (name,) in postgres.rows(_DATABASE, others)]
    postgres.run(_DATABASE, *schemas, "CREATE SCHEMA public")
    monkeypatch.setenv(URL_ENV, postgres.url(_DATABASE))
    return Database(postgres, _DATABASE)


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


QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"
"""For Java processes that live a minute: compiled fast instead of well; with its default size the cache
of compiled code would be swept all the time."""

SMALL = {
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": QUICK_JAVA,
    "spark.executor.extraJavaOptions": QUICK_JAVA,
    "spark.executor.memory": "600m",
    # Queries here are many and tiny: compiling them would take longer than running them.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Spark settings for small data."""


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Spark in this process; starting it takes seconds, so all tests share it."""
    from segmentation_pipeline.engine.spark_session import open_spark

    session = open_spark(SparkConfig(master="local[2]", conf=SMALL), tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()
