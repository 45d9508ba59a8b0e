"""A merge decision that cannot be read keeps customers apart until it is corrected; one that names nobody stops."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.identity.identifiers import write_identifiers
from segmentation_pipeline.identity.refused_decisions import DecisionError
from segmentation_pipeline.identity.stored import update_identity
from segmentation_pipeline_tests.clean.project import clean_all, config, write

DAY = date(2025, 3, 31)
HEADER = "customer_id,other_customer_id,verdict,decided_at"
SETTINGS = config({name: {} for name in ("orders", "customers", "identities", "merge_decisions")})
TOLD = {
    # Two customers of a situation share an address; its row of merge_decisions is this one.
    "misspelt": "misspelt1,misspelt2,nevermerge!,2025-01-05",
    "unsure": "unsure1,unsure2,allways_merge,2025-01-05",
    "silent": "silent1,silent2,,2025-01-05",
    "undated": "undated1,undated2,never_merge,31.02.2025",
    "far": "far1,far2,never_merge,2099-01-01",
    "spelled": "SPELLED1,spelled2,no,2025-01-05",
    "always": "always1,always2,Always Merge,2025-01-05",
    "half": "half1,,never_merge,2025-01-05",
    "cut_off": "cut_off1,cut_of,never_merge,2025-01-05",
    "twice": "twice1,twice1,neither,2025-01-05",
    "long": "long1,long3,apart,2025-01-05",
}
APART = ("misspelt", "unsure", "silent", "undated", "far", "spelled", "half", "cut_off", "twice")


def _write(folder: Path, *decisions: str) -> None:
    pairs = [(f"{name}1", f"{name}2", f"{name}@mail.test") for name in (*TOLD, "sound")]
    # A chain of two addresses between two whom a refused row names; and a third beside one who is one with nobody.
    more = [("long2", "long3", "long2@mail.test"), ("half1", "half3", "half@mail.test"), ("half2", "half3", "half2@mail.test")]
    records = [(customer, mail) for one, other, mail in (*pairs, *more) for customer in (one, other)]
    ids = sorted({customer for customer, _ in records})
    write(folder, "customers", "customer_id,signed_up_at", *(f"{name},2025-01-01" for name in ids))
    lines = (f"r{n},{customer},web,email,{mail},2025-01-01" for n, (customer, mail) in enumerate(dict.fromkeys(records)))
    write(folder, "identities", "record_id,customer_id,system,kind,identifier,seen_at", *lines)
    write(folder, "orders", "order_id,customer_id,ordered_at,amount", "o1,sound1,2025-01-06,5.00")
    write(folder, "merge_decisions", HEADER, *decisions)


def _merged(engine: DuckDBEngine, folder: Path, privacy: PrivacyConfig | None = None) -> dict[str, str]:
    settings = SETTINGS.model_copy(update={"privacy": privacy or PrivacyConfig()})
    changes = ChangeSet()
    clean_all(engine, folder, settings, DAY)
    write_identifiers(engine, settings, changes)
    update_identity(engine, settings, DAY, changes)
    rows = engine.rows(engine.table(tables.CUSTOMER_IDENTITY))
    return {str(row["customer_id"]): str(row["canonical_customer_id"]) for row in rows}


@pytest.mark.slow
def test_a_refused_decision_keeps_apart_whom_it_names_until_it_is_corrected(tmp_path: Path) -> None:
    _write(tmp_path, *TOLD.values())
    engine = DuckDBEngine(None)
    # Always surely means to merge, and is refused: it merges nobody by itself, and the address does.  Of the chain no link is
    # better.  Who is one with nobody leaves the others who share other things alone.
    assert _merged(engine, tmp_path) == {"sound2": "sound1", "half3": "half2"} | {"always2": "always1"}
    blocked = engine.rows(engine.table(tables.BLOCKED_MERGES))
    told = {(row["customer_id"], row["kind"]) for row in blocked if row["reason"] == "refused_decision"}
    mails = {f"{name}{n}" for name in APART for n in (1, 2)} | {"half3", "long1", "long2", "long3"}
    assert {customer for customer, kind in told if kind == "email"} == mails
    named = {f"{name}{n}" for name in TOLD for n in (1, 2)} - {"half2", "cut_off2", "twice2", "long2"} | {"long3"}
    assert {customer for customer, kind in told if kind == "merge_decision"} == named
    health = engine.rows(engine.table(tables.IDENTITY_HEALTH))
    counts = {row["kind"]: (row["groups"], row["customers"]) for row in health if row["finding"] == "refused_decision"}
    assert counts == {"email": (len(APART) + 1, len(mails)), "merge_decision": (len(TOLD), len(named))}
    homes = {row["customer_id"]: row["household_id"] for row in engine.rows(engine.table(tables.HOUSEHOLDS))}
    assert homes["misspelt2"] == "misspelt1", "who shares an address and is kept apart is a household"

    corrected = (row.replace("neither", "never_merge") for row in TOLD.values() if not row.startswith(("half", "cut_off")))
    _write(tmp_path, *corrected, "half1,sound1,never_merge,2025-01-05")
    found = _merged(engine, tmp_path)
    assert (found["half2"], found["half3"], found["cut_off2"], found["twice2"]) == ("half1", "half1", "cut_off1", "twice1")
    engine.close()


NAMELESS = {
    "nobody": ",,never_merge,2025-01-05",
    "strangers": "x1,x2,never,2025-01-05",
    "digits lost": "5.00E+12,1.2E+15,never,2025-01-05",
    "cut off": "misspelt1,missp",
}


@pytest.mark.slow
@pytest.mark.parametrize("row", NAMELESS.values(), ids=NAMELESS)
def test_a_refused_decision_that_names_nobody_stops_until_somebody_answers_for_it(tmp_path: Path, row: str) -> None:
    _write(tmp_path, ",,always_merge,2025-01-05", row)
    engine = DuckDBEngine(None)
    with pytest.raises(DecisionError, match=r"merge_decisions\.csv, record 2: .* \(fingerprint [0-9a-f]{12}\)") as stopped:
        _merged(engine, tmp_path)
    assert "1 rows" in str(stopped.value)
    [kept] = [r for r in engine.rows(engine.table(tables.quarantine("merge_decisions"))) if r["_row"] == 2]
    answer = {"source": "merge_decisions", "file": "merge_decisions.csv", "row": 2, "reason": "a footer"}
    answered = PrivacyConfig.model_validate({"not_opt_outs": [answer | {"fingerprint": kept["fingerprint"]}]})
    passing = PrivacyConfig.model_validate({"nameless_opt_outs": "warn", "nameless_opt_outs_reason": "known footers"})
    assert _merged(engine, tmp_path, answered) == _merged(engine, tmp_path, passing)
    with pytest.raises(DecisionError):  # with any other sign in it the row counts again
        _merged(engine, tmp_path, PrivacyConfig.model_validate({"not_opt_outs": [answer | {"fingerprint": "0" * 12}]}))
    engine.close()
