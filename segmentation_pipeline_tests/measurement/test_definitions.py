"""What is asked of a campaign: its arms and their shares, and what makes it another question."""

from __future__ import annotations

from datetime import date

import pytest

from segmentation_pipeline.config.schema.decision import Decision
from segmentation_pipeline.measurement.campaign_starts import kept_starts
from segmentation_pipeline.measurement.definitions import LISTS, LOG, configured
from segmentation_pipeline_tests.measurement.assigned import project


def shares(**keys: object) -> dict[str, float]:
    decided = project(campaigns={"mail": keys}).model_copy(update={"decision": Decision(global_holdout_share=0.05)})
    return configured(decided)["mail"].shares


def test_shares_are_those_people_are_drawn_by() -> None:
    assert shares(holdout_share=0.2) == {"treatment": 0.8, "holdout": 0.2}
    assert shares(holdout="none") == {"treatment": 1.0}
    assert shares(holdout="global") == {"treatment": 0.95, "holdout": 0.05}
    three = shares(holdout_share=0.2, arms={"red": {"share": 0.75}, "blue": {"share": 0.25}})
    assert three == pytest.approx({"red": 0.6, "blue": 0.2, "holdout": 0.2})
    assert shares(holdout_share=0.0, arms={"red": {}, "blue": {}}) == {"red": 0.5, "blue": 0.5}


def test_the_digest_is_of_what_decides_and_of_nothing_else() -> None:
    def digest(**keys: object) -> str:
        return configured(project(campaigns={"mail": keys}))["mail"].digest

    same = digest()
    assert digest(title="Another", channel="post", limit=5) == same
    others = [
        digest(holdout_share=0.2),
        digest(measurement={"metric": "orders"}),
        digest(measurement={"window_days": 31}),
        digest(measurement={"winsorise_at": 0.99}),
    ]
    assert len({same, *others}) == 5


def test_words_for_who_was_kept_out_are_one() -> None:
    found = configured(project(experiments={"test": {"shares": {"Mens": 1, "Control group": 2}}}))["test"]
    assert (found.shares, found.control) == ({"mens": 1.0, "holdout": 2.0}, "holdout")


def test_what_was_written_down_when_the_lists_began_is_kept_whatever_the_log_tells_of_earlier_days() -> None:
    """A campaign that went out by another system before: the last definition up to the first list counts."""

    def written(day: int, **keys: object) -> dict[str, object]:
        said = configured(project(campaigns={"mail": keys}))["mail"].model_dump_json()
        limits = {"revenue_limit": None, "margin_limit": None}
        return {"as_of": date(2025, 1, day), "campaign_key": "mail", "definition": said, "digest": f"of {day}", **limits}

    stored = [written(8), written(10, holdout_share=0.2), written(12, holdout_share=0.3)]
    first = {("mail", LOG): date(2025, 1, 3), ("mail", LISTS): date(2025, 1, 10)}
    for assigned in (first, dict(reversed(first.items()))):
        assert kept_starts(stored, date(2025, 1, 31), assigned)["mail"].digest == "of 10"
