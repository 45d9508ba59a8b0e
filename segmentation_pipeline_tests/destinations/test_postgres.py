"""Published tables in a real PostgreSQL server: whole or not at all, and only when they changed."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

import pytest
from adbc_driver_postgresql import dbapi

from segmentation_pipeline.connections.place import ConnectionProblem
from segmentation_pipeline.destinations.destination import Delivered
from segmentation_pipeline.destinations.postgres import PostgresConfig, PostgresDestination
from segmentation_pipeline_tests.conftest import URL_ENV, Database
from segmentation_pipeline_tests.destinations.publication import write_publication

BI = PostgresConfig(url_env=URL_ENV, schema="bi")


def deliver(publication: Path, settings: PostgresConfig) -> Delivered:
    return PostgresDestination(settings).deliver(publication, publication.parent / "audiences")


def test_tables_arrive_with_their_types_and_are_left_alone_when_unchanged(database: Database, tmp_path: Path) -> None:
    path = write_publication(tmp_path)
    delivered = deliver(path, BI)
    assert delivered.changed and delivered.rows == {"customer_profile": 3, "customer_segments": 3, "publication": 1}
    [row] = database.rows(
        "SELECT customer_id, monetary, p_alive, is_active, orders FROM bi.customer_profile WHERE customer_id = 'C1'"
    )
    assert (row[0], Decimal(str(row[1])), *row[2:]) == ("C1", Decimal("10.10"), 0.1, True, None)
    kinds = dict(
        database.rows("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'customer_profile'")
    )
    assert (kinds["monetary"], kinds["as_of"], kinds["seen_at"]) == ("numeric", "date", "timestamp without time zone")
    database.run("UPDATE bi.customer_profile SET customer_id = 'touched'")
    assert not deliver(path, BI).changed
    assert database.rows("SELECT DISTINCT customer_id FROM bi.customer_profile") == [("touched",)]


def test_only_the_chosen_tables_leave(database: Database, tmp_path: Path) -> None:
    deliver(write_publication(tmp_path), BI.model_copy(update={"tables": ("customer_segments",)}))
    names = [
        name for (name,) in database.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'bi' ORDER BY 1")
    ]
    assert names == ["customer_segments", "segmentation_delivery"]


def test_views_and_grants_outlive_a_delivery(database: Database, tmp_path: Path) -> None:
    deliver(write_publication(tmp_path), BI)
    database.run(
        "CREATE VIEW public.best AS SELECT customer_id FROM bi.customer_profile", "GRANT SELECT ON bi.customer_profile TO PUBLIC"
    )
    deliver(write_publication(tmp_path, customers=5), BI)
    assert database.rows("SELECT count(*) FROM public.best") == [(5,)]
    assert "=r/postgres" in str(database.rows("SELECT relacl::text FROM pg_class WHERE relname = 'customer_profile'"))


def test_changed_columns_make_a_table_anew_unless_a_view_needs_the_old_one(database: Database, tmp_path: Path) -> None:
    deliver(write_publication(tmp_path), BI)
    deliver(write_publication(tmp_path, extra=", 7 AS score"), BI)
    assert database.rows("SELECT DISTINCT score FROM bi.customer_profile") == [(7,)]
    database.run("CREATE VIEW public.best AS SELECT score FROM bi.customer_profile")
    with pytest.raises(ConnectionProblem, match="views depend on a table whose columns changed"):
        deliver(write_publication(tmp_path), BI)
    assert database.rows("SELECT count(score) FROM public.best") == [(3,)], "all is as it was"


def test_readers_see_one_publication_whole(database: Database, tmp_path: Path) -> None:
    """A reader in a loop, in one statement and across two statements of one snapshot."""
    deliver(write_publication(tmp_path, customers=2000, revenue="0"), BI)
    seen: set[tuple] = set()
    done = threading.Event()

    def read() -> None:
        count = "SELECT count(*), min(monetary)::text, max(monetary)::text FROM bi."
        with dbapi.connect(database.url) as connection, connection.cursor() as cursor:
            while not done.is_set():
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                rows = []
                for table in ("customer_profile", "customer_segments"):
                    cursor.execute(count + table)
                    rows.append(cursor.fetchall()[0])
                connection.commit()
                assert rows[0] == rows[1]
                seen.add(rows[0])

    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            read()
        except BaseException as error:
            failures.append(error)

    reader = threading.Thread(target=guarded)
    reader.start()
    for number in range(1, 6):
        deliver(write_publication(tmp_path, customers=2000 + number, revenue=str(number)), BI)
    done.set()
    reader.join()
    assert failures == []
    assert seen <= {(2000 + n, f"{n}.00", f"{n}.00") for n in range(6)} and seen


def test_a_delivery_that_fails_changes_nothing(database: Database, tmp_path: Path) -> None:
    deliver(write_publication(tmp_path), BI)
    # The last table of three cannot be filled: the ones before it must not change either.
    database.run("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$")
    database.run("CREATE TRIGGER no BEFORE INSERT ON bi.publication FOR EACH ROW EXECUTE FUNCTION no()")
    with pytest.raises(ConnectionProblem, match="disk full"):
        deliver(write_publication(tmp_path, customers=9), BI)
    assert database.rows("SELECT count(*) FROM bi.customer_profile") == [(3,)]


def test_a_user_without_rights_is_told_what_is_missing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.rows("SELECT FROM pg_roles WHERE rolname = 'guest'"):
        database.run("CREATE USER guest PASSWORD 'guest-secret'")
    monkeypatch.setenv(URL_ENV, database.server.url(database.name, user="guest", password="guest-secret"))
    with pytest.raises(ConnectionProblem, match=r"permission denied for database shop\. GRANT the user of SHOP_DB_URL"):
        deliver(write_publication(tmp_path), BI)
    with pytest.raises(ConnectionProblem, match="GRANT CREATE ON the DATABASE to the user of SHOP_DB_URL"):
        PostgresDestination(BI).connection_test()


def test_the_connection_test_tells_what_is_there_and_writes_nothing(database: Database, tmp_path: Path) -> None:
    destination = PostgresDestination(BI)
    assert destination.connection_test() == "schema bi will be made"
    assert database.rows("SELECT FROM pg_namespace WHERE nspname = 'bi'") == []
    deliver(write_publication(tmp_path), BI)
    assert destination.connection_test() == "schema bi is there"
