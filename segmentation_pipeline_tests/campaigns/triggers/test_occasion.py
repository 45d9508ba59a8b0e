"""Occasions of the calendar, where the customer lives."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline_tests.campaigns.triggers.world import happened, trigger, write_profile
from segmentation_pipeline_tests.clean.project import config

OCCASIONS = {
    "gift_season": {"kind": "yearly", "from": "11-18", "to": "12-24"},
    "good_friday": {"kind": "holiday", "holiday": "Good Friday", "country": "customer"},
    "corpus": {"kind": "holiday", "holiday": "Corpus Christi", "country": "customer", "days_before": 1, "days_after": 2},
    "birthday": {"kind": "birthday"},
}
CONFIG = config({"orders": {}, "customers": {}}, features={"occasions": OCCASIONS, "public_holidays": True}).model_copy(
    update={"privacy": PrivacyConfig(attributes=("country", "region"))}
)


def write_places(engine: Engine) -> None:
    places = {"anna": "DE-BY", "bert": "DE-BE", "cora": "FR", "dora": None}
    write_profile(
        engine, [{"customer_id": who, "holiday_region": place} for who, place in places.items()], holiday_region="string"
    )


def test_lead_and_lag_of_the_same_days_for_everybody(any_engine: Engine) -> None:
    write_places(any_engine)
    everybody = ["anna", "bert", "cora", "dora"]
    ahead = trigger(on="occasion", occasion="gift_season", days_before=10)
    assert happened(any_engine, ahead, date(2026, 11, 8), CONFIG) == dict.fromkeys(everybody, date(2026, 11, 18))
    assert happened(any_engine, ahead, date(2026, 11, 9), CONFIG) == {}
    after = trigger(on="occasion", occasion="gift_season", day="last", days_after=3)
    assert happened(any_engine, after, date(2026, 12, 27), CONFIG) == dict.fromkeys(everybody, date(2026, 12, 24))


def test_a_holiday_where_the_customer_lives(any_engine: Engine) -> None:
    write_places(any_engine)
    # Easter 2026 is 5 April; Good Friday is a holiday all over Germany, and in France of Alsace alone.
    ahead = trigger(on="occasion", occasion="good_friday", days_before=3)
    assert set(happened(any_engine, ahead, date(2026, 3, 31), CONFIG)) == {"anna", "bert"}
    # Corpus Christi, 4 June 2026, is one in Bavaria and not in Berlin.
    begins, ends = trigger(on="occasion", occasion="corpus", days_before=7), trigger(on="occasion", occasion="corpus", day="last")
    assert happened(any_engine, begins, date(2026, 5, 27), CONFIG) == {"anna": date(2026, 6, 3)}
    assert happened(any_engine, ends, date(2026, 6, 6), CONFIG) == {"anna": date(2026, 6, 6)}
    assert happened(any_engine, begins, date(2026, 5, 28), CONFIG) == {}


def test_where_regions_are_not_known_such_an_occasion_is_off() -> None:
    off = CONFIG.model_copy(update={"privacy": PrivacyConfig(attributes=())})
    assert trigger(on="occasion", occasion="corpus").why_off(off) == "privacy.yaml does not allow the attribute country"
    assert trigger(on="occasion", occasion="gift_season").why_off(off) is None
