"""A no that stands in a column of the customers which no source reads."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.unread_noes import kind_of, rows_that_say_no, unread_columns
from segmentation_pipeline_tests.clean.project import config


def told(engine: DuckDBEngine, root, cfg) -> dict[str, list[int]]:
    """The rows of each column that say no."""
    found = {}
    with ExitStack() as held:
        for column in unread_columns(engine, root, cfg):
            found[column.column] = sorted(row["_row"] for row in engine.rows(rows_that_say_no(engine, cfg, column, held)))
    return found


@pytest.mark.parametrize(
    "name", ["Opted-Out", "do_not_contact", "HasOptedOutOfEmail", "Werbesperre", "Keine Werbung", "Désinscrit"]
)
def test_names_that_tell_who_objects(name):
    assert kind_of(name) is True


@pytest.mark.parametrize(
    "name", ["Accepts Email Marketing", "newsletter", "email_opt_in", "Werbe-Erlaubnis", "consenso_marketing"]
)
def test_names_that_tell_who_agrees(name):
    assert kind_of(name) is False


@pytest.mark.parametrize(
    "name", ["email", "Mailing City", "subscription_plan", "loyalty_card", "notes", "marketing_segment", "status"]
)
def test_names_that_tell_neither(name):
    assert kind_of(name) is None


def test_each_way_to_say_no_is_one_and_an_empty_cell_is_none(engine, tmp_path):
    words = ["yes", "no", "0", "FALSE", " Nein ", "", "unsubscribed", "1", "ja", "opted out", "2026-01-01"]
    lines = [f"c{number},{word},{word}" for number, word in enumerate(words)]
    (tmp_path / "customers.csv").write_text("\n".join(["customer_id,newsletter,blocked", *lines]) + "\n", encoding="utf-8")
    (tmp_path / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n")
    assert told(engine, tmp_path, config({"customers": {}, "orders": {}})) == {
        "newsletter": [2, 3, 4, 5, 7, 10],
        "blocked": [1, 7, 8, 9, 10, 11],
    }


def test_a_column_that_a_source_reads_is_not_told(engine, tmp_path):
    (tmp_path / "customers.csv").write_text("customer_id,newsletter,since\nc1,no,2026-01-01\n")
    columns = {
        "customer_id": "customer_id",
        "channel": {"value": "email"},
        "purpose": {"value": "marketing"},
        "status": {"from": "newsletter", "values": {"yes": "granted", "no": "withdrawn"}},
        "occurred_at": "since",
    }
    read = {"customers": {}, "orders": {}, "consents": {"files": "customers.csv", "columns": columns}}
    assert told(engine, tmp_path, config(read)) == {}


def test_the_name_tells_of_which_channel_a_column_is(engine, tmp_path):
    (tmp_path / "customers.csv").write_text("customer_id,Accepts SMS Marketing,newsletter,opt_out\nc1,no,no,yes\n")
    columns = unread_columns(engine, tmp_path, config({"customers": {}, "orders": {}}))
    about = {
        column.column: [channel for channel in ("email", "sms", "post", "ads") if column.is_of(channel)] for column in columns
    }
    assert about == {"Accepts SMS Marketing": ["sms"], "newsletter": ["email"], "opt_out": ["email", "sms", "post", "ads"]}
