"""The history of stays is the same for every order of days, re-run and interruption."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta

import ibis.expr.types as ir
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segmentation_pipeline.contracts.tables import MEMBERSHIP_CHANGES, OBSERVED_DAYS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.history.spells import members_as_of, record_day, spells
from segmentation_pipeline_tests.examples import examples

FIRST = date(2026, 1, 1)
CUSTOMERS = ("c1", "c2")
SEGMENTS = {"tier": ("gold", "rest"), "interest": ("garden", "kitchen")}

Member = tuple[str, str, str]
Snapshot = dict[str, frozenset[Member]]  # segmentation -> its members; missing = not observed
Stay = tuple[str, str, str, date, date | None]

GOLD: Snapshot = {"tier": frozenset({("c1", "tier", "gold")})}
NOBODY: Snapshot = {"tier": frozenset()}


def _day(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    observed = draw(st.sets(st.sampled_from(sorted(SEGMENTS))))
    every = {name: [(c, name, s) for c in CUSTOMERS for s in SEGMENTS[name]] for name in sorted(observed)}
    return {name: frozenset(draw(st.sets(st.sampled_from(members)))) for name, members in every.items()}


@st.composite
def runs(draw: st.DrawFn) -> list[tuple[int, Snapshot]]:
    """Days in any order, some run again with other data; the last run of a day counts."""
    return draw(st.lists(st.tuples(st.integers(0, 4), snapshots()), min_size=1, max_size=8))


def naive_stays(days: dict[int, Snapshot]) -> set[Stay]:
    """Day after day: open a stay on entry, close it on exit; then close what is no longer observed."""
    open_since: dict[Member, date] = {}
    done: set[Stay] = set()
    for number in sorted(days):
        for name, members in days[number].items():
            for member in [m for m in open_since if m[1] == name and m not in members]:
                done.add((*member, open_since.pop(member), _day(number)))
            for member in members:
                open_since.setdefault(member, _day(number))
    looked_at = {number for number, snapshot in days.items() if snapshot}
    for member, since in open_since.items():
        last = max(number for number in looked_at if member[1] in days[number])
        ended = [number for number in looked_at if number > last]
        done.add((*member, since, _day(min(ended)) if ended else None))
    return done


class Interrupted(Exception):
    pass


class InterruptibleEngine(DuckDBEngine):
    """Stops with ``Interrupted`` before the write after the next ``writes_left`` writes."""

    writes_left: int | None = None

    def _spend(self) -> None:
        if self.writes_left is not None:
            if self.writes_left == 0:
                raise Interrupted
            self.writes_left -= 1

    def write(self, name: str, expression: ir.Table) -> int:
        self._spend()
        return super().write(name, expression)

    def replace_slice(self, name, expression, keys) -> None:
        self._spend()
        super().replace_slice(name, expression, keys)

    def replace_keys(self, name, expression, keys) -> None:
        self._spend()
        super().replace_keys(name, expression, keys)


@pytest.fixture(scope="module")
def engine():
    engine = InterruptibleEngine(None)
    engine.values_at_once = 5.0  # more than a row or two: one segmentation after the other
    yield engine
    engine.close()


def _record(engine: InterruptibleEngine, number: int, snapshot: Snapshot) -> None:
    members = sorted(member for each in snapshot.values() for member in each)
    keys = ("customer_id", "segmentation", "segment")
    table = engine.memtable({k: [m[i] for m in members] for i, k in enumerate(keys)}, dict.fromkeys(keys, "string"))
    record_day(engine, table, _day(number), list(snapshot))


def _clear(engine: InterruptibleEngine) -> None:
    engine.writes_left = None
    engine.drop(MEMBERSHIP_CHANGES)
    engine.drop(OBSERVED_DAYS)


def _history(engine: InterruptibleEngine) -> ir.Table:
    return spells(engine.table(MEMBERSHIP_CHANGES), engine.table(OBSERVED_DAYS))


def _rows(engine: InterruptibleEngine, table: ir.Table) -> list[tuple[object, ...]]:
    return sorted((tuple(row.values()) for row in engine.rows(table)), key=str)


def _changes(engine: InterruptibleEngine) -> list[tuple[object, ...]]:
    return _rows(engine, engine.table(MEMBERSHIP_CHANGES)) + _rows(engine, engine.table(OBSERVED_DAYS))


SOME = examples(5, 150)


@pytest.mark.slow
@SOME
@given(runs())
def test_any_order_of_days_gives_the_stays_of_daily_snapshots(engine, order):
    _clear(engine)
    final: dict[int, Snapshot] = {}
    for number, snapshot in order:
        _record(engine, number, snapshot)
        final[number] = snapshot
    found = _rows(engine, _history(engine))
    assert len(found) == len(set(found))
    assert set(found) == naive_stays(final)


@pytest.mark.slow
@SOME
@given(runs())
def test_members_as_of_a_day_are_the_members_observed_that_day(engine, order):
    _clear(engine)
    final = {}
    for number, snapshot in order:
        _record(engine, number, snapshot)
        final[number] = snapshot
    engine.write("test.history", _history(engine))
    history = engine.table("test.history")
    for number, snapshot in final.items():
        for name, members in snapshot.items():
            for segment in SEGMENTS[name]:
                found = {row["customer_id"] for row in engine.rows(members_as_of(history, name, segment, _day(number)))}
                assert found == {customer for customer, _, in_segment in members if in_segment == segment}


@pytest.mark.slow
@SOME
@given(runs(), st.integers(0, 20))
def test_a_run_repeated_on_the_same_data_changes_no_row(engine, order, choice):
    _clear(engine)
    final = {}
    for number, snapshot in order:
        _record(engine, number, snapshot)
        final[number] = snapshot
    before = _changes(engine)
    number = sorted(final)[choice % len(final)]
    _record(engine, number, final[number])
    assert _changes(engine) == before


@pytest.mark.slow
@SOME
@example([(0, GOLD), (4, GOLD)], 2, NOBODY, 1, [(1, NOBODY)])  # an earlier day runs before the repetition
@example([(0, GOLD), (2, NOBODY), (4, GOLD)], 2, {}, 2, [(1, NOBODY)])
@given(runs(), st.integers(0, 4), snapshots(), st.integers(0, 4), st.lists(st.tuples(st.integers(0, 4), snapshots()), max_size=2))
def test_an_interrupted_run_repeated_later_leaves_no_trace(engine, order, number, snapshot, writes, between):
    _clear(engine)
    final = {}
    for earlier, its_snapshot in order:
        _record(engine, earlier, its_snapshot)
        final[earlier] = its_snapshot
    engine.writes_left = writes
    with contextlib.suppress(Interrupted):
        _record(engine, number, snapshot)
    engine.writes_left = None
    for other, its_snapshot in between:
        if other != number:
            _record(engine, other, its_snapshot)
            final[other] = its_snapshot
    _record(engine, number, snapshot)
    final[number] = snapshot
    assert set(_rows(engine, _history(engine))) == naive_stays(final)
