"""What a changed configuration would do, told before the run, is what the run then does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from segmentation_pipeline.config.schema import Config, EngineConfig, Segmentation
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.published import publication_engine
from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.definitions import definitions_table
from segmentation_pipeline.segmentations.impact import Effect, Impact, impact
from segmentation_pipeline.segmentations.membership import memberships
from segmentation_pipeline_tests.clean.project import config
from segmentation_pipeline_tests.segmentations.conftest import AS_OF, binding
from segmentation_pipeline_tests.segmentations.test_assign import configured

Members = set[tuple[str, str, str]]
RECENT = {
    "kind": "rules",
    "segments": [{"name": "active", "when": "recency_days <= 90"}, {"name": "gone", "when": "frequency > 0"}],
}
TAGS = {"kind": "rules", "exclusive": False, "segments": [{"name": "big", "when": "monetary >= 100"}]}
TIERS = [{"name": "top", "top": 0.25}, {"name": "rest", "top": 1.0}]
BEFORE: dict[str, dict[str, object]] = {
    "life": RECENT,
    "tags": TAGS,
    "tier": {"kind": "quantiles", "column": "clv", "segments": TIERS},
    "home": {"kind": "attribute", "column": "country"},
    "rfm": {"kind": "rfm"},
    "cross": {"kind": "hybrid", "of": ["life", "tier"]},
    "retired": {"kind": "rules", "segments": [{"name": "all", "when": "true"}]},
}


def _configuration(segmentations: Mapping[str, Segmentation]) -> Config:
    allowed = config({"orders": {}}).privacy.model_copy(update={"attributes": ("country",)})
    base = config({"orders": {}, "customers": {}})
    return base.model_copy(update={"segmentations": dict(segmentations), "privacy": allowed})


def _run(engine: DuckDBEngine, scored, segmentations: Mapping[str, Segmentation]):
    """What a run makes of the scored customers: the profile, and who is in which segment."""
    bind = binding(segmentations)
    profile = assign(engine, scored, segmentations, bind).profile
    words = definitions_table(engine, ())
    return profile, memberships(all_segments(profile, segmentations, bind), segmentations, words)


@pytest.fixture(scope="module")
def told(engine: DuckDBEngine, scored, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Impact, Members]]:
    """The impact of other segmentations against the publication of ``BEFORE``, and who is in which after a run of them."""
    path = tmp_path_factory.mktemp("published") / "segmentation.duckdb"
    profile, members = _run(engine, scored, configured(**BEFORE))
    engine.publish(path, {"customer_profile": profile, "customer_segments": members}, {})
    published = path.read_bytes()

    def tell(**options: Mapping[str, object]) -> tuple[Impact, Members]:
        after = configured(**options)
        with publication_engine(path, EngineConfig(), path.parent) as reading:
            tables = [reading.table(f"published.{name}") for name in ("customer_profile", "customer_segments")]
            found = impact(reading, tables[0], tables[1], _configuration(after), AS_OF)
        assert path.read_bytes() == published
        assert [file.name for file in path.parent.iterdir()] == [path.name]
        known = {name: segmentation for name, segmentation in after.items() if name not in found.untold}
        return found, _members(engine, _run(engine, scored, known)[1]) if known else set()

    return tell


def _members(engine: DuckDBEngine, members) -> Members:
    return {(str(r["segmentation"]), str(r["segment"]), str(r["customer_id"])) for r in engine.rows(members)}


def test_the_same_configuration_moves_nobody(told) -> None:
    found, _ = told(**BEFORE)
    assert found.untold == {}
    assert [e for e in found.effects if e.entering or e.leaving or e.before != e.after] == []
    assert {e.segmentation for e in found.effects} == set(BEFORE)


CHANGES: dict[str, dict[str, object]] = {
    "life": RECENT | {"segments": [{"name": "active", "when": "recency_days <= 30"}, {"name": "gone", "when": "frequency > 0"}]},
    "tags": TAGS | {"segments": [{"name": "big", "when": "monetary >= 50"}, {"name": "new", "when": "life = 'active'"}]},
    "tier": {"kind": "quantiles", "column": "clv", "segments": [{"name": "top", "top": 0.5}, {"name": "rest", "top": 1.0}]},
    "home": {"kind": "attribute", "column": "country", "min_size": 2},
    "rfm": {"kind": "rfm"},
    "cross": {"kind": "hybrid", "of": ["life", "tier"], "max_cells": 1},
    "fresh": {"kind": "rules", "segments": [{"name": "some", "when": "in_segment(tags, 'new') or frequency = 2"}]},
}


def test_what_is_told_is_what_the_next_run_does(engine: DuckDBEngine, scored, told) -> None:
    found, after = told(**CHANGES)
    before = _members(engine, _run(engine, scored, configured(**BEFORE))[1])
    expected = {}
    for name, segment in sorted({member[:2] for member in before | after}):
        was, is_now = ({customer for n, s, customer in some if (n, s) == (name, segment)} for some in (before, after))
        enter, leave = sorted(is_now - was), sorted(was - is_now)
        expected[name, segment] = Effect(
            name, segment, len(was), len(is_now), len(enter), len(leave), tuple(enter[:3]), tuple(leave[:3])
        )
    assert {(e.segmentation, e.segment): e for e in found.effects} == expected
    moved = {e.segmentation for e in found.effects if e.entering or e.leaving}
    assert moved == {"life", "tags", "tier", "home", "cross", "fresh", "retired"}  # all but rfm


def test_what_needs_a_run_first_is_said_and_the_rest_is_told(told) -> None:
    asking = {"kind": "rules", "segments": [{"name": "busy", "when": "count(orders, 45) > 2"}]}
    reading = {"kind": "hybrid", "of": ["asks", "life"]}
    found, _ = told(life=RECENT, asks=asking, reads=reading, far={"kind": "hybrid", "of": ["reads", "rfm"]}, rfm={"kind": "rfm"})
    assert found.untold == {
        "asks": "the last run did not make count_orders_45d; run first",
        "reads": "it reads asks, of which nothing can be told yet",
        "far": "it reads reads, of which nothing can be told yet",
    }
    assert {e.segmentation for e in found.effects if not (e.entering or e.leaving)} == {"life", "rfm"}


def test_with_nothing_left_everybody_leaves(told) -> None:
    found = told(asks={"kind": "rules", "segments": [{"name": "busy", "when": "count(orders, 45) > 2"}]})[0]
    assert {e.after for e in found.effects} == {0} and {e.segmentation for e in found.effects} == set(BEFORE)
