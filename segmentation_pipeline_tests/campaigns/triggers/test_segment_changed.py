"""Who entered a segment or left it, against the observed day before."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.config.schema import RuleSegment
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.history.labels import by_key, by_name
from segmentation_pipeline.history.spells import record_day, spells
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline_tests.campaigns.triggers.world import CONFIG, happened, trigger
from segmentation_pipeline_tests.examples import examples

FIRST = date(2026, 3, 1)
STAGE = RulesSegmentation(
    kind="rules",
    title="Stage",
    formerly=("phase",),
    segments=(RuleSegment(name="active", when="true", formerly=("alive",)), RuleSegment(name="lapsed", when="true")),
)
SEGMENTATIONS = {"stage": STAGE}
CONFIGURED = CONFIG.model_copy(update={"segmentations": SEGMENTATIONS})
MEMBER = {"customer_id": "string", "segmentation": "string", "segment": "string"}


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def observe(engine: Engine, days: Mapping[int, Mapping[str, str]]) -> None:
    """By day, in any order, who was in which segment; as a run records and shows it."""
    for table in (tables.MEMBERSHIP_CHANGES, tables.OBSERVED_DAYS):
        engine.drop(table)
    for number, members in days.items():
        columns: dict[str, Sequence[object]] = {
            "customer_id": list(members),
            "segmentation": ["stage"] * len(members),
            "segment": list(members.values()),
        }
        record_day(engine, by_key(engine.memtable(columns, MEMBER), SEGMENTATIONS), day(number), ["phase"])
    history = spells(engine.table(tables.MEMBERSHIP_CHANGES), engine.table(tables.OBSERVED_DAYS))
    engine.write(tables.SEGMENT_HISTORY, by_name(history, SEGMENTATIONS))


def test_entered_and_left_since_the_observed_day_before(any_engine: Engine) -> None:
    observe(
        any_engine,
        {
            0: {"anna": "lapsed", "bert": "active", "cora": "active"},
            3: {"anna": "active", "bert": "lapsed", "cora": "active", "new": "active", "brief": "active"},
            4: {"anna": "active", "bert": "active", "cora": "active", "new": "active", "brief": "lapsed"},
        },
    )
    entered = trigger(on="segment_entered", segmentation="stage", segment="active")
    left = trigger(on="segment_left", segmentation="stage", segment="active")
    assert happened(any_engine, entered, day(0), CONFIGURED) == {}, "on the first day nobody has entered"
    assert happened(any_engine, entered, day(3), CONFIGURED) == dict.fromkeys(["anna", "new", "brief"], day(3))
    assert happened(any_engine, left, day(3), CONFIGURED) == {"bert": day(3)}
    after = trigger(on="segment_entered", segmentation="stage", segment="active", days_after=1)
    assert happened(any_engine, after, day(4), CONFIGURED) == dict.fromkeys(["anna", "new"], day(3)), "brief is out again"
    left_after = trigger(on="segment_left", segmentation="stage", segment="active", days_after=1)
    assert happened(any_engine, left_after, day(4), CONFIGURED) == {}, "bert is in again"


MEMBERS = st.dictionaries(st.sampled_from([*"abc"]), st.sampled_from(["active", "lapsed"]))
ENGINE = DuckDBEngine(None)


@given(
    st.dictionaries(st.integers(0, 7), MEMBERS, min_size=1, max_size=5),
    st.randoms(use_true_random=False),
    st.integers(0, 8),
    st.sampled_from([0, 3]),
)
@examples(15, 80)
def test_as_a_clerk_finds_it_whatever_the_order_of_days(observed, chance, on, within) -> None:
    shuffled = list(observed.items())
    chance.shuffle(shuffled)
    observe(ENGINE, dict(shuffled))
    known = sorted(number for number in observed if number <= on)
    now = observed[known[-1]] if known else {}
    for kind, wanted in (("segment_entered", True), ("segment_left", False)):
        expected = {}
        for before, number in itertools.pairwise(known):
            for who in "abc":
                was, is_in = observed[before].get(who) == "active", observed[number].get(who) == "active"
                if was != is_in == wanted and number >= on - within and (now.get(who) == "active") == wanted:
                    expected[who] = day(number)
        what = trigger(on=kind, segmentation="stage", segment="active", within_days=within)
        assert happened(ENGINE, what, day(on), CONFIGURED) == expected
