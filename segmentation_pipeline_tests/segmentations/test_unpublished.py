"""What reads a column without a credible model behind it is off, with its reason; a ranking falls back."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.config.schema import Campaign, PredictiveModel, UpliftEntry
from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline.contracts.scores import FORECASTS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.segmentations.unpublished import (
    campaign_of_day,
    off_segmentations,
    segmentations_of_day,
    unpublished_in,
)
from segmentation_pipeline_tests.clean.project import config
from segmentation_pipeline_tests.segmentations.test_assign import configured

DAY = date(2026, 3, 31)
TIERS = [{"name": "gold", "top": 0.2}, {"name": "rest", "top": 1.0}]
SEGMENTATIONS = configured(
    cross={"kind": "hybrid", "of": ["tier", "rfm"]},
    tier={"kind": "quantiles", "column": "clv", "segments": TIERS},
    rfm={"kind": "rfm"},
    spent={"kind": "quantiles", "column": "monetary", "segments": TIERS},
    asleep={"kind": "rules", "segments": [{"name": "gone", "when": "P_ALIVE < 0.2"}, {"name": "here", "when": "true"}]},
    kept={"kind": "rules", "exclusive": False, "segments": [{"name": "not_gold", "when": "not in_segment(tier, 'gold')"}]},
)


def _campaign(**changed: object) -> Campaign:
    return Campaign.model_validate({"title": "t", "channel": "email", "audience": "frequency > 1", **changed})


def test_what_reads_a_forecast_itself_or_through_others_is_off_and_says_why() -> None:
    off = off_segmentations(SEGMENTATIONS, FORECASTS)
    assert off == {
        "cross": "off: it reads tier, and tier is off on this day",
        "tier": "off: it reads clv, of which no model is credible on this day",
        "asleep": "off: it reads p_alive, of which no model is credible on this day",
        "kept": "off: it reads tier, and tier is off on this day",
    }
    assert off_segmentations(SEGMENTATIONS, ()) == {}


def test_segments_of_what_is_off_are_there_and_hold_nobody() -> None:
    of_day = segmentations_of_day(SEGMENTATIONS, off_segmentations(SEGMENTATIONS, FORECASTS))
    assert list(of_day) == list(SEGMENTATIONS) and of_day["spent"] is SEGMENTATIONS["spent"]
    rules = {name: [(s.name, s.when) for s in of_day[name].segments] for name in ("tier", "asleep", "kept")}  # type: ignore[union-attr]
    assert rules == {
        "tier": [("gold", "false"), ("rest", "false")],
        "asleep": [("gone", "false"), ("here", "false")],
        "kept": [("not_gold", "false")],
    }


def test_a_campaign_ranks_by_what_was_spent_and_one_whose_audience_is_not_known_reaches_nobody() -> None:
    off = off_segmentations(SEGMENTATIONS, FORECASTS)
    ranked = campaign_of_day(_campaign(), FORECASTS, off, DAY)
    assert (ranked.campaign.rank_by, ranked.campaign.audience) == ("monetary", "frequency > 1")
    assert ranked.notes == {FunnelStep.LIMIT: "ranked by monetary, for no model of clv is credible on this day"}
    for audience in ("tier <> 'gold'", "not in_segment(kept, 'not_gold')", "expected_orders < 1"):
        told = campaign_of_day(_campaign(audience=audience, rank_by="frequency"), FORECASTS, off, DAY)
        assert (told.campaign.rank_by, told.campaign.audience) == ("frequency", "false")
        assert list(told.notes) == [FunnelStep.RULE] and told.notes[FunnelStep.RULE].startswith("off on this day: ")
    same = campaign_of_day(_campaign(), (), {}, DAY)
    assert same.campaign == _campaign() and same.notes == {}


def test_scores_of_models_yaml_that_nobody_has_are_off_with_what_stands_beside_them() -> None:
    entries = {"predictions": {"lapse": PredictiveModel(predicts="no_order")}, "uplift": {"gain": UpliftEntry(campaign="mail")}}
    settings, engine = config({"orders": {}}).model_copy(update=entries), DuckDBEngine(None)
    profile = engine.memtable({"lapse": [0.5, None], "gain": [None, None]}, {"lapse": "float64", "gain": "float64"})
    assert unpublished_in(engine, profile, settings) == {"gain", "gain_group"}
    assert unpublished_in(engine, profile.drop("gain"), settings) == frozenset()
