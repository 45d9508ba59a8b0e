"""Mistakes in what a campaign waits for are told at load, with the key, the nearest name and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.campaigns.triggers.catalog import TRIGGERS, trigger_tables, triggers_of
from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.project.configuration import load_config

SOURCES = """sources:
  orders: {files: o.csv}
  web_sessions: {files: w.csv}
  loyalty: {files: l.csv, columns: {event_id: a, customer_id: b, occurred_at: c, event: d}}
"""
CAMPAIGN = "  %s: {title: A, channel: email, audience: frequency >= 1, rank_by: monetary, %s}\n"


def loaded(folder: Path, *campaigns: tuple[str, str], of_files=None):  # type: ignore[no-untyped-def]
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (folder / "campaigns.yaml").write_text("campaigns:\n" + "".join(CAMPAIGN % each for each in campaigns), encoding="utf-8")
    return load_config(folder, of_files=of_files or (lambda config: {}))


def test_a_trigger_is_found_by_its_name_and_kept_with_its_keys(tmp_path: Path) -> None:
    config = loaded(tmp_path, ("third", "trigger: {on: nth_order, nth: 3, days_after: 2}"), ("plain", "limit: 5"))
    [trigger] = triggers_of(config).values()
    assert trigger.model_dump() == {"on": "nth_order", "nth": 3, "days_before": 0, "days_after": 2, "within_days": 0}
    assert config.model_dump(mode="json")["campaigns"]["third"]["trigger"]["nth"] == 3, "what decides is in the hash of a run"
    assert trigger_tables(config) == ("clean.orders",)
    names = [trigger.model_fields["on"].annotation.__args__[0] for trigger in TRIGGERS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("key", "place", "told"),
    [
        ("trigger: {on: nth_ordre, nth: 3}", "trigger.on", "did you mean 'nth_order'"),
        ("trigger: {on: nth_order, nht: 3}", "trigger.nht", "did you mean 'nth'"),
        ("trigger: {on: nth_order, nth: 1, days_before: 3}", "trigger", "use 'days_after'"),
        ("trigger: {on: first_order_anniversary, days_before: 1, days_after: 1}", "trigger", "not both"),
        (
            "trigger: {on: nth_order, nth: 1, within_days: 3}, repeat: {after_days: 3}",
            "campaigns.a",
            r"'repeat: \{after_days: 4\}'",
        ),
        ("trigger: {on: birthday}", "trigger.on", "source 'customers' is not configured"),
        ("trigger: {on: tier_reached, tiers: [gold]}", "trigger.on", "source 'loyalty' maps no column 'tier'"),
        ("trigger: {on: abandoned_cart}", "trigger.on", "no file of the source has 'web_sessions.cart_adds'"),
        ("trigger: {on: occasion, occasion: xmas}", "trigger.occasion", "features.occasions"),
        ("trigger: {on: segment_left, segmentation: rmf, segment: lost}", "trigger.segmentation", "did you mean 'rfm'"),
        ("trigger: {on: segment_left, segmentation: rfm, segment: lots}", "trigger.segment", "did you mean 'lost'"),
        ("depends_on: {campaign: bb, days_after: 3}", "depends_on.campaign", "did you mean 'b'"),
        ("depends_on: {campaign: b, days_after: 0}", "depends_on.days_after", "at least 1"),
        ("depends_on: {campaign: b, days_after: 3, if: recncy_days > 3}", "depends_on.if", "did you mean 'recency_days'"),
        ("depends_on: {campaign: a, days_after: 3}", "depends_on.campaign", "circle: a -> a"),
        ("depends_on: {campaign: standing, days_after: 3}", "depends_on.campaign", "contacts nobody"),
    ],
)
def test_mistakes_are_told_where_they_are_made(tmp_path: Path, key: str, place: str, told: str) -> None:
    others = (("b", "limit: 5"), ("standing", "kind: standing"))
    files = {"web_sessions": ["session_id", "customer_id", "started_at"]}
    with pytest.raises(ConfigError, match=told) as error:
        loaded(tmp_path, ("a", key), *others, of_files=lambda config: files)
    assert place in str(error.value)


def test_a_journey_that_goes_round_is_told_with_its_path(tmp_path: Path) -> None:
    steps = {"a": "c", "b": "a", "c": "b"}
    with pytest.raises(ConfigError, match="circle: a -> c -> b -> a"):
        loaded(tmp_path, *((name, f"depends_on: {{campaign: {other}, days_after: 3}}") for name, other in steps.items()))
