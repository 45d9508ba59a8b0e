"""What cannot be connected to is told in one line, with what to do and without the password."""

from __future__ import annotations

import pytest

from segmentation_pipeline.connections.place import ConnectionProblem, Place
from segmentation_pipeline.connections.postgres import connected
from segmentation_pipeline_tests.conftest import URL_ENV, Database
from segmentation_pipeline_tests.services.postgres_server import PASSWORD

PLACE = Place("source 'orders'", "sources.orders.database")
VARIABLE = f"{URL_ENV} (sources.orders.database.url_env)"


def said() -> str:
    with pytest.raises(ConnectionProblem) as caught, connected(PLACE, URL_ENV, read_only=True):
        pass
    told = caught.value
    assert told.__cause__ is None and (told.__context__ is None or told.__suppress_context__), "the driver may say the password"
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("{user}wrong-secret@{host}/shop", "refuses user 'postgres' or its password. Correct " + VARIABLE),
        ("{user}{password}@{host}/nowhere", "has no database 'nowhere'. Correct " + VARIABLE),
        ("{user}{password}@127.0.0.1:9/shop", "127.0.0.1:9 cannot be reached (connection refused). Is it up"),
        ("{user}{password}@no-host.invalid/shop", "no-host.invalid:5432 cannot be found: no such host"),
        ("{user}wrong%secret@{host}/shop", "cannot be connected to: invalid percent-encoded token"),
        ("{user}{password}@127.0.0.1:port/shop", "holds no PostgreSQL URL"),
        ("mysql://me:wrong-secret@{host}/shop", "holds no PostgreSQL URL"),
        ("wrong-secret", "holds no PostgreSQL URL"),
    ],
)
def test_failures_to_connect(database: Database, monkeypatch: pytest.MonkeyPatch, url: str, expected: str) -> None:
    password = PASSWORD.replace("%", "%25")
    host = f"127.0.0.1:{database.server.port}"
    monkeypatch.setenv(URL_ENV, url.format(user="postgresql://postgres:", password=password, host=host))
    message = said()
    assert message.startswith("source 'orders': ") and expected in message
    assert "\n" not in message
    assert not any(secret in message for secret in (PASSWORD, password, "wrong-secret", "wrong%secret"))


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(URL_ENV, raising=False)
    assert said() == f"source 'orders': the environment variable {VARIABLE} is not set. Set it, then run again."


def test_a_missing_driver_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_ENV, "postgresql://me@127.0.0.1/shop")
    monkeypatch.setitem(__import__("sys").modules, "adbc_driver_postgresql", None)
    assert said().endswith("Install it: pip install 'segmentation-pipeline[postgres]'")


def test_a_read_only_connection_changes_nothing(database: Database) -> None:
    with pytest.raises(ConnectionProblem, match="read-only"), connected(PLACE, URL_ENV, read_only=True) as postgres:
        postgres.run("CREATE TABLE public.t (a int)")


def test_a_block_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(KeyError), connected(PLACE, URL_ENV, read_only=False) as postgres:
        postgres.run("CREATE TABLE public.t (a int)")
        raise KeyError
    assert database.rows("SELECT to_regclass('public.t')::text") == [(None,)]
