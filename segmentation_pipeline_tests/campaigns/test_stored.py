"""The record of earlier lists: rows of the warehouse, and the files where the rows do not belong to them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from segmentation_pipeline.campaigns.audience_people import ContactData
from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.campaigns.export import Provenance, export_audience
from segmentation_pipeline.campaigns.lists import AudienceList
from segmentation_pipeline.campaigns.stored import AUDIENCE_FILE, bring_up_to_date, lists_in, people_of
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.campaign_tables import CAMPAIGN_AUDIENCES_COLUMNS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

DAY = shop.AS_OF
SPRING = AudienceList(DAY, "spring")


@pytest.fixture
def engine():
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def write_files(engine: DuckDBEngine, folder: Path, *customers: str, **settings: object) -> str:
    """A list on disk, with everybody in arm 'plain' of a campaign with arms; the hash of its audience."""
    selection = shop.table(
        {"customer_id": "string", "outcome": "string", "rank": "int64", "arm": "string"},
        [(name, "treatment", place, "plain") for place, name in enumerate(customers, 1)],
    )
    pii, people = shop.people(*({"customer_id": name, "email": f"c{place}@example.org"} for place, name in enumerate(customers)))
    manifest = export_audience(
        engine,
        CampaignContext("spring", shop.campaign(key="first", **settings), shop.PRIVACY, DAY),
        selection,
        ContactData(pii, people),
        Provenance(len(customers), True, ()),
        folder=folder,
    )
    return str(manifest["content_sha256"])


def write_rows(engine: DuckDBEngine, sha256: str, *customers: str) -> None:
    row = {"as_of": DAY, "campaign": "spring", "campaign_key": "first", "kind": "message", "version": 1}
    row |= {"channel": "email", "arm": "treatment", "stratum": None, "rank": 1, "expected_value": 1.0, "reason": "r"}
    columns = {c.name: [row.get(c.name, name) for name in customers] for c in CAMPAIGN_AUDIENCES_COLUMNS}
    engine.write(tables.CAMPAIGN_AUDIENCES, engine.memtable(columns, {c.name: c.type.ibis for c in CAMPAIGN_AUDIENCES_COLUMNS}))
    file = {"as_of": DAY, "campaign": "spring", "version": 1, "file": "audience.csv", "records": 1, "sha256": sha256}
    engine.write(tables.AUDIENCE_FILES, engine.memtable({name: [file[name]] for name in AUDIENCE_FILE}, AUDIENCE_FILE))


def people(engine: DuckDBEngine, folder: Path) -> list[tuple[object, ...]]:
    with ExitStack() as held:
        found = people_of(engine, folder, [SPRING], held)
        return sorted(tuple(row.values()) for row in engine.rows(found)) if found is not None else []


def person(name: str) -> tuple[object, ...]:
    return (DAY, "first", "message", name, "email", "treatment", None)


def test_rows_are_the_record_and_the_file_is_not_read_twice(engine, tmp_path):
    write_rows(engine, write_files(engine, tmp_path, "a", "b"), "a", "b")
    assert people(engine, tmp_path) == [person("a"), person("b")]


def test_after_a_crash_between_rows_and_files_whoever_is_in_either_counts(engine, tmp_path):
    write_files(engine, tmp_path, "a", "=b")
    write_rows(engine, "hash of other files", "c")
    assert people(engine, tmp_path) == [person("=b"), person("a"), person("c")]


def test_without_a_warehouse_the_files_are_the_record(engine, tmp_path):
    write_files(engine, tmp_path, "a")
    assert people(engine, tmp_path) == [person("a")]
    assert people_of(engine, tmp_path, [], ExitStack()) is None


def test_without_a_warehouse_the_file_tells_the_arm_where_a_campaign_has_several(engine, tmp_path):
    write_files(engine, tmp_path, "a", arms={"plain": {}, "voucher": {}})
    assert people(engine, tmp_path) == [(DAY, "first", "message", "a", "email", "plain", None)]


def test_tables_of_an_earlier_version_are_taken_for_first_versions_of_messages(engine):
    write_rows(engine, "x", "a")
    for name in (tables.CAMPAIGN_AUDIENCES, tables.AUDIENCE_FILES):
        table = engine.table(name)
        engine.write(
            name, table.drop(*(column for column in ("version", "kind", "campaign_key", "stratum") if column in table.columns))
        )
        bring_up_to_date(engine, name)
    [row] = engine.rows(engine.table(tables.CAMPAIGN_AUDIENCES))
    assert (row["version"], row["kind"], row["campaign_key"], row["stratum"]) == (1, "message", "spring", None)
    assert lists_in(engine, {DAY}) == {SPRING}
    assert lists_in(engine, {date(2020, 1, 1)}) == set()
