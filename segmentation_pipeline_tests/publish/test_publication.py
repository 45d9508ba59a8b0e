"""What readers find: the published day's tables, all days' histories, and what each column means."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.publish.dictionary import UndocumentedColumn
from segmentation_pipeline.publish.publication import publish, published_part

DAY1, DAY2 = date(2025, 3, 1), date(2025, 3, 2)
NAME = Column("name", Type.TEXT, "Who.")
SPENT = Column("spent", Type.MONEY, "How much.", "base currency")
PROFILE = TableContract("work.profile", "A customer.", (AS_OF, NAME, SPENT))
FUNNEL = TableContract("work.funnel", "A step of a day.", (AS_OF, NAME), accumulates=True)


def _work(engine: DuckDBEngine, day: date, *spent: int) -> None:
    """The working tables after a run of ``day``: its own profile, and a funnel with a row more."""
    names = [f"c{number}" for number in range(len(spent))]
    profile = {"as_of": [day] * len(spent), "name": names, "spent": list(spent)}
    engine.write("work.profile", engine.memtable(profile, {"as_of": "date", "name": "string", "spent": "int64"}))
    step = engine.memtable({"as_of": [day], "name": ["gate"]}, {"as_of": "date", "name": "string"})
    engine.replace_slice("work.funnel", step, {"as_of": day})


def _run(engine: DuckDBEngine, path, day: date, *spent: int, tables=(PROFILE, FUNNEL)) -> dict[str, int]:
    _work(engine, day, *spent)
    return publish(engine, path, tables, {}, day, f"fingerprint of {day}", publication_id="id of the run")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "published" / "shop.duckdb"


def _ask(path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_a_publication_has_its_tables_its_dictionary_and_its_day(engine, path):
    assert _run(engine, path, DAY1, 1, 2) == {"profile": 2, "funnel": 1}
    assert _ask(path, "SELECT table_name FROM information_schema.tables ORDER BY 1") == [
        ("data_dictionary",),
        ("funnel",),
        ("profile",),
        ("publication",),
    ]
    assert _ask(path, "SELECT * FROM publication ORDER BY table_name") == [
        (DAY1, "funnel", 1, f"fingerprint of {DAY1}", "id of the run"),
        (DAY1, "profile", 2, f"fingerprint of {DAY1}", "id of the run"),
    ]


def test_every_column_has_its_type_and_its_words_as_comment(engine, path):
    _run(engine, path, DAY1, 1)
    assert _ask(path, "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = 'profile'") == [
        ("as_of", "DATE", AS_OF.description),
        ("name", "VARCHAR", "Who."),
        ("spent", "DECIMAL(18,2)", "How much."),
    ]
    here = "FROM duckdb_columns() WHERE database_name = 'shop' AND NOT internal"
    assert _ask(path, f"SELECT table_name, column_name {here} EXCEPT SELECT table_name, column_name FROM data_dictionary") == []
    tables = dict(_ask(path, "SELECT table_name, comment FROM duckdb_tables()"))
    assert (tables["profile"], all(tables.values())) == ("A customer.", True)
    assert _ask(path, f"SELECT count(*) > 10, count(*) = count(comment) {here}") == [(True, True)]


def test_an_undocumented_column_stops_the_publication_before_anything_is_written(engine, path):
    _run(engine, path, DAY1, 1)
    engine.write("work.profile", engine.table("work.profile").mutate(secret=1))
    with pytest.raises(UndocumentedColumn, match="secret"):
        publish(engine, path, [PROFILE, FUNNEL], {}, DAY2, "x")
    assert _ask(path, "SELECT DISTINCT as_of FROM publication") == [(DAY1,)]


def test_an_earlier_day_refreshes_histories_and_keeps_the_later_days_tables(engine, path):
    _run(engine, path, DAY2, 10, 20, 30)
    assert _run(engine, path, DAY1, 1) == {"profile": 3, "funnel": 2}
    assert _ask(path, "SELECT as_of, sum(spent) FROM profile GROUP BY 1") == [(DAY2, Decimal("60.00"))]
    assert _ask(path, "SELECT as_of FROM funnel ORDER BY 1") == [(DAY1,), (DAY2,)]
    assert _ask(path, "SELECT * FROM publication ORDER BY table_name") == [
        (DAY2, "funnel", 2, f"fingerprint of {DAY2}", "id of the run"),
        (DAY2, "profile", 3, f"fingerprint of {DAY2}", "id of the run"),
    ]
    assert _ask(path, "SELECT comment FROM duckdb_columns() WHERE table_name = 'profile' AND column_name = 'name'") == [("Who.",)]


def test_the_same_and_a_later_day_replace_everything(engine, path):
    _run(engine, path, DAY1, 1)
    _run(engine, path, DAY1, 5)
    assert _ask(path, "SELECT as_of, spent FROM profile") == [(DAY1, Decimal(5))]
    _run(engine, path, DAY2, 6)
    assert _ask(path, "SELECT as_of, spent FROM profile") == [(DAY2, Decimal(6))]
    assert _ask(path, "SELECT count(*) FROM funnel") == [(2,)]


def test_tables_of_another_configuration_are_not_kept(engine, path):
    """A column more, one of another type, or a table more: the earlier day is published as it is."""
    more = TableContract("work.profile", "A customer.", (AS_OF, NAME, SPENT, Column("vip", Type.BOOLEAN, "Whether.")))
    _run(engine, path, DAY2, 10, 20)
    _work(engine, DAY1, 1)
    engine.write("work.profile", engine.table("work.profile").mutate(vip=True))
    assert publish(engine, path, [more, FUNNEL], {}, DAY1, "x")["profile"] == 1
    assert _ask(path, "SELECT as_of, vip FROM profile") == [(DAY1, True)]
    assert _ask(path, "SELECT DISTINCT as_of FROM publication") == [(DAY1,)]


def test_what_a_run_left_that_never_came_to_publish_is_not_published_by_another_day(engine, path):
    _run(engine, path, DAY1, 1)
    _work(engine, DAY2, 1)  # killed before it published
    _run(engine, path, DAY1, 1)
    assert _ask(path, "SELECT as_of FROM funnel") == [(DAY1,)]
    _run(engine, path, DAY2, 1)
    assert _ask(path, "SELECT as_of FROM funnel ORDER BY 1") == [(DAY1,), (DAY2,)]


def test_of_a_table_of_all_days_only_the_published_days_are_told(engine, path):
    """What a killed run left is nobody's past: clusters go on from published days."""
    _work(engine, DAY1, 1)
    assert engine.rows(published_part(engine, engine.table("work.funnel"))) == []
    publish(engine, path, (PROFILE, FUNNEL), {}, DAY1, "fingerprint")
    _work(engine, DAY2, 1)
    assert engine.rows(published_part(engine, engine.table("work.funnel"))) == [{"as_of": DAY1, "name": "gate"}]
