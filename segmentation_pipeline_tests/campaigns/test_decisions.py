"""What is written down of a decision, and how much two audiences have in common."""

from __future__ import annotations

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.decisions import audience_overlap, campaign_decisions
from segmentation_pipeline.contracts.campaign_tables import AUDIENCE_OVERLAP_COLUMNS, CAMPAIGN_DECISIONS_COLUMNS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)


def outcomes(*rows: tuple[str, str, str, float | None]) -> ir.Table:
    """customer, campaign, outcome, gain."""
    return shop.table({"customer_id": "string", "campaign": "string", "outcome": "string", "gain": "float64"}, rows)


def decisions(*rows: tuple[str, str, str, float | None]) -> dict[str, tuple]:
    found = campaign_decisions(outcomes(*rows), ("x", "y", "z"), shop.AS_OF)
    assert list(found.columns) == [column.name for column in CAMPAIGN_DECISIONS_COLUMNS]
    return {row.pop("customer_id"): tuple(row.values())[1:] for row in ENGINE.rows(found)}


def test_winner_runner_up_and_every_step_at_which_somebody_left():
    found = decisions(
        ("a", "x", "consent", 9.0),
        ("a", "y", "treatment", 5.0),
        ("a", "z", "lost_to", 3.0),
        ("b", "x", "holdout", 2.0),
        ("b", "y", "limit", 1.0),
    )
    assert found == {
        "a": ("y", 5.0, "z", 3.0, 1, "x: consent; z: lost_to"),
        "b": (None, None, None, None, 0, "x: holdout; y: limit"),
    }


def test_of_those_who_lost_the_runner_up_is_the_one_that_earns_most_and_else_the_first():
    assert decisions(("a", "x", "treatment", 9.0), ("a", "y", "lost_to", 1.0), ("a", "z", "lost_to", 2.0))["a"][2:4] == ("z", 2.0)
    assert decisions(("a", "x", "treatment", None), ("a", "y", "lost_to", None), ("a", "z", "lost_to", None))["a"][2:4] == (
        "y",
        None,
    )


def test_where_campaigns_do_not_compete_several_contact_one_person():
    assert decisions(("a", "x", "treatment", 1.0), ("a", "z", "treatment", 2.0))["a"] == ("x", 1.0, None, None, 2, None)


def test_campaigns_it_is_not_about_are_left_out():
    assert decisions(("a", "recall", "treatment", None)) == {}


def test_overlap_counts_before_and_after_the_decision():
    found = audience_overlap(
        outcomes(
            ("a", "x", "treatment", None),
            ("a", "y", "lost_to", None),
            ("b", "x", "holdout", None),
            ("b", "y", "treatment", None),
            ("c", "x", "treatment", None),
            ("c", "y", "treatment", None),
            ("d", "x", "consent", None),
            ("d", "y", "limit", None),
            ("e", "z", "treatment", None),
        ),
        shop.AS_OF,
    )
    names = [column.name for column in AUDIENCE_OVERLAP_COLUMNS]
    rows = [tuple(row[name] for name in names[1:]) for row in ENGINE.rows(found.order_by("campaign", "other_campaign"))]
    assert rows == [
        ("x", "y", 3, 4, 3, 3, 2, 2, 1),
        ("x", "z", 3, 1, 0, 3, 1, 0, 0),
        ("y", "z", 4, 1, 0, 2, 1, 0, 0),
    ]
