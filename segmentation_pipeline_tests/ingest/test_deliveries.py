"""A delivery that lost rows, files or opt-outs stops before anything is replaced."""

from __future__ import annotations

from datetime import date

import pytest

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.ingest import deliveries
from segmentation_pipeline.ingest.deliveries import Limits
from segmentation_pipeline.ingest.load import load_source

HEAD = "customer_id,reason,suppressed_at\n"
ROWS = [f"s{n},legal,2026-01-0{n}\n" for n in range(1, 5)]
CONSENT = (
    "customer_id,channel,purpose,status,occurred_at\nc1,email,marketing,{},2026-01-01\nc2,email,marketing,granted,2026-01-01\n"
)


def load(engine, root, source="suppressions", files="*.csv", **limits):
    config = SourceConfig.model_validate({"files": files})
    return load_source(engine, root, source, config, date(2026, 6, 30), limits=Limits(**limits))


@pytest.mark.parametrize(
    ("files", "limits", "stops"),
    [
        pytest.param({"a.csv": HEAD}, {}, "4 known opt-outs", id="header only"),
        pytest.param({"a.csv": HEAD + "".join(ROWS[:3])}, {}, "1 known opt-outs are gone, last seen at a.csv:4", id="one gone"),
        pytest.param({"a.csv": HEAD + "".join(reversed(ROWS))}, {}, None, id="other order"),
        pytest.param({"b.csv": HEAD + "".join(ROWS)}, {}, None, id="renamed"),
        pytest.param({"b.csv": HEAD + "".join(ROWS) + "s5,legal,2026-01-05\n"}, {}, "missing: a.csv", id="file missing"),
        pytest.param(
            {"b.csv": HEAD + "".join(ROWS) + "s5,legal,2026-01-05\n"}, {"delivery": "rolling"}, None, id="rolling, file gone"
        ),
        pytest.param({"a.csv": HEAD}, {"accepted": True}, None, id="accepted"),
    ],
)
def test_suppressions_are_compared_with_the_last_delivery(engine, tmp_path, files, limits, stops):
    (tmp_path / "a.csv").write_text(HEAD + "".join(ROWS))
    load(engine, tmp_path)
    (tmp_path / "a.csv").unlink()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    if stops is None:
        load(engine, tmp_path, **limits)
        assert engine.has(deliveries.ACCEPTED) == bool(limits.get("accepted"))
        return
    for _ in range(2):  # a stopped run is not what the next one is compared with
        with pytest.raises(SourceFileError, match=stops):
            load(engine, tmp_path, **limits)
        assert engine.count(engine.table(tables.raw("suppressions"))) == 4


def test_a_withdrawal_overwritten_by_a_grant_stops(engine, tmp_path):
    (tmp_path / "a.csv").write_text(CONSENT.format("withdrawn"))
    load(engine, tmp_path, "consents")
    (tmp_path / "a.csv").write_text(CONSENT.format("granted"))
    with pytest.raises(SourceFileError, match=r"1 known opt-outs are gone, last seen at a\.csv:1"):
        load(engine, tmp_path, "consents")


def test_other_files_in_the_place_of_the_sample_are_not_compared(engine, tmp_path):
    (tmp_path / "a.csv").write_text(HEAD + "".join(ROWS))
    load(engine, tmp_path)
    (tmp_path / "own.txt").write_text(HEAD + "x1,legal,2026-01-01\n")
    assert load(engine, tmp_path, files="own.txt").records == 1


def test_a_grant_that_is_renamed_to_one_may_go_and_a_withdrawal_may_not(engine, tmp_path):
    status = {"from": "status", "values": {"opt_in": "granted", "opt_out": "withdrawn"}}
    same = ("customer_id", "channel", "purpose", "occurred_at")
    config = SourceConfig.model_validate({"files": "*.csv", "columns": {**{name: name for name in same}, "status": status}})
    rows = [f"c{n},email,marketing,{word},2026-01-01\n" for n, word in enumerate(("opt_in", " OPT_IN", "opt_out"))]
    header = "customer_id,channel,purpose,status,occurred_at\n"

    def deliver(*lines):
        (tmp_path / "a.csv").write_text(header + "".join(lines))
        return load_source(engine, tmp_path, "consents", config, date(2026, 6, 30), limits=Limits())

    deliver(*rows)
    deliver(*rows[1:])
    with pytest.raises(SourceFileError, match="1 known opt-outs are gone"):
        deliver(rows[1])


def test_other_columns_start_anew_and_the_report_says_so(engine, tmp_path):
    def load_as(header, columns):
        (tmp_path / "a.csv").write_text(header + "s1,2026-01-01\n")
        config = SourceConfig.model_validate({"files": "*.csv", "columns": columns})
        return load_source(engine, tmp_path, "suppressions", config, date(2026, 6, 30), limits=Limits()).starts_anew

    assert not load_as("customer_id,suppressed_at\n", {"customer_id": "customer_id", "suppressed_at": "suppressed_at"})
    assert load_as("who,since\n", {"customer_id": "who", "suppressed_at": "since"})
    assert not load_as("who,since\n", {"customer_id": "who", "suppressed_at": "since"})
