"""Arms in the contact log: control groups are known by their names, other words count only once somebody says what they are."""

from __future__ import annotations

from pathlib import Path

from segmentation_pipeline.campaigns.pressure import contacts
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import clean_all, config, write

HEADER = "campaign,customer_id,contacted_at,arm"


def arms(folder: Path, *words: str, values: dict[str, str] | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """The arm each word of the log is read as, by customer, and the reasons of rows that are refused."""
    engine = DuckDBEngine(None)
    write(folder, "orders", "order_id,customer_id,ordered_at,amount", "o1,x,2025-01-01,1")
    write(folder, "campaign_contacts", HEADER, *(f"spring,c{n},2025-02-0{n + 1},{word}" for n, word in enumerate(words)))
    log = {"columns": {**{name: name for name in HEADER.split(",")}, "arm": {"from": "arm", "values": values}}} if values else {}
    clean_all(engine, folder, config({"orders": {}, "campaign_contacts": log}))
    clean, refused = engine.table("clean.campaign_contacts"), engine.table("quarantine.campaign_contacts")
    contacted = contacts(clean, None, {})
    assert contacted is not None
    reached = {str(row["customer_id"]) for row in engine.rows(contacted)}
    read = {str(row["customer_id"]): str(row["arm"]) for row in engine.rows(clean)}
    assert reached == {customer for customer, arm in read.items() if arm != "holdout"}
    told = {str(row["arm"]): str(row["reasons"]) for row in engine.rows(refused)}
    engine.close()
    return read, told


def test_control_groups_and_treatments_are_known_whatever_the_spelling(tmp_path: Path) -> None:
    read, refused = arms(tmp_path, "Treatment", "holdout", "control", "Control Group", "hold-out", "treated")
    assert list(read.values()) == ["treatment", "holdout", "holdout", "holdout", "holdout", "treatment"]
    assert refused == {}


def test_a_word_nobody_knows_is_neither_contacted_nor_held_out(tmp_path: Path) -> None:
    read, refused = arms(tmp_path, "treatment", "B", "no e-mail")
    assert list(read.values()) == ["treatment"]
    assert refused == {"B": "not_allowed:arm", "no e-mail": "not_allowed:arm"}


def test_named_arms_are_taken_by_saying_what_they_are(tmp_path: Path) -> None:
    meant = {"Mens E-Mail": "mens_mail", "Womens E-Mail": "womens_mail", "No E-Mail": "holdout"}
    read, refused = arms(tmp_path, "Mens E-Mail", "womens e-mail", "No E-Mail", values=meant)
    assert list(read.values()) == ["mens_mail", "womens_mail", "holdout"] and refused == {}
