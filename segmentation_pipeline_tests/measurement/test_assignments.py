"""Who was drawn first, of whom models learn what a message does."""

from __future__ import annotations

from datetime import date, timedelta

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.measurement.assignments import assignments, first_drawn
from segmentation_pipeline.measurement.definitions import configured
from segmentation_pipeline_tests.measurement.assigned import project, write_lists, write_log

D = timedelta(days=1)
START = date(2025, 1, 10)


def test_a_person_counts_once_the_first_time_and_in_one_arm(any_engine: Engine) -> None:
    engine = any_engine
    settings = project(
        ("orders", "campaign_contacts"),
        campaigns={"mail": {"holdout_share": 0.5}, "other": {}},
        experiments={"spring": {"shares": {"treatment": 0.5, "holdout": 0.5}}},
    )
    write_lists(
        engine,
        [
            (START, "mail", "anna", "treatment"),
            (START + 30 * D, "mail", "anna", "holdout"),  # again: may depend on what the first message did
            (START + 30 * D, "mail", "bert", "holdout"),
            (START, "other", "bert", "treatment"),
            (START, "mail", "cora", "treatment"),
            (START, "mail", "cora", "holdout"),  # two accounts of one person, in both arms
        ],
    )
    write_log(
        engine,
        [("spring", "dora", START, "holdout"), ("flyer", "dora", START, "treatment"), ("mail", "emil", START, "treatment")],
    )
    rows = assignments(engine.table(tables.CAMPAIGN_AUDIENCES), engine.table(tables.clean("campaign_contacts")), settings)
    assert rows is not None
    definitions = [each for key, each in configured(settings).items() if key in ("mail", "spring")]
    found = {tuple(row.values()) for row in engine.rows(first_drawn(rows, definitions))}
    assert found == {
        ("mail", "anna", "treatment", START + D, True),  # a list is made of what was known at the end of its day
        ("mail", "bert", "holdout", START + 31 * D, False),
        ("spring", "dora", "holdout", START, False),
    }
    assert engine.count(first_drawn(rows, [])) == 0
