"""When customers entered and left segments, right whatever the order in which days are run.

Two stored tables carry it.  ``segments.membership_changes``: a row is a customer who on day
``as_of`` was found in a segment (``entered``) or out of it (not ``entered``), other than on the
observed day before.  ``segments.observed_days``: a row is a segmentation that was looked at on a
day.  A day on which a segmentation was not in the configuration says nothing about it.

Between an entry and the next exit of one (customer, segmentation, segment) nothing else is
stored, so entries minus exits up to a day is membership on that day: 1 or 0.  A run of day D
therefore changes only the rows of D and of the next observed day, whose difference from the
observed day before it is now a difference from D.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.tables import MEMBERSHIP_CHANGES, OBSERVED_DAYS
from segmentation_pipeline.engine.base import Engine

KEY = ("customer_id", "segmentation", "segment")


@dataclass(frozen=True, slots=True)
class Log:
    """Where a history is kept: the tables of its changes and of its observed days."""

    changes: str
    days: str


SEGMENTS = Log(MEMBERSHIP_CHANGES, OBSERVED_DAYS)

_VALUES_OF_STATE = 2
"""A row of the grouping of ``_states``, counted in values of a wide join."""

_CHANGES = {"as_of": "date", "customer_id": "string", "segmentation": "string", "segment": "string", "entered": "boolean"}
_OBSERVED = {"as_of": "date", "segmentation": "string"}


def record_day(
    engine: Engine,
    memberships: ir.Table,
    as_of: date,
    segmentations: Collection[str],
    customers: ir.Table | None = None,
    log: Log = SEGMENTS,
) -> None:
    """Make ``memberships`` (at least the columns of ``KEY``) the observation of day ``as_of``.

    ``segmentations`` names what was looked at, so that a segmentation without members counts as
    observed.  Replaces an earlier observation of the same day; days may come in any order.
    ``customers`` (customer_id), where given, are all who may be in other segments on the day than
    is known of it so far; only their rows are read and written, unless a later day was observed.
    An interrupted call leaves tables that are consistent, and repeating it completes it.
    """
    for name, schema in ((log.days, _OBSERVED), (log.changes, _CHANGES)):
        if not engine.has(name):
            engine.write(name, engine.memtable({column: [] for column in schema}, schema))
    now = sorted(set(segmentations))
    gone = sorted(_observed_on(engine, log.days, as_of) - set(now))
    touched = [*now, *gone]
    if not touched:
        return
    following = _next_observed(engine, log.days, touched, as_of)

    # A change of a day not in observed_days would mislead the next run of another day, the
    # opposite would not: so days are added before the changes are written and removed after.
    engine.replace_slice(log.days, _days(engine, as_of, touched), {"as_of": as_of})
    changes = engine.table(log.changes)
    if customers is not None and not following:
        changes, memberships = (table.semi_join(customers, "customer_id") for table in (changes, memberships))
        states = _states(changes, memberships, as_of, now, touched, following)
        engine.replace_keys(log.changes, _differences(states, as_of), customers.select("customer_id", as_of=ibis.literal(as_of)))
    else:
        for some in _at_once(engine, changes, memberships, touched):
            next_days = {name: day for name, day in following.items() if name in some}
            states = _states(changes, memberships, as_of, [name for name in some if name in now], some, next_days)
            new = _differences(states, as_of)
            if next_days:
                new = new.union(_differences_after(states, next_days))
            rewritten = [(as_of, name) for name in some] + [(day, name) for name, day in next_days.items()]
            days, names = zip(*rewritten, strict=True)
            engine.replace_keys(log.changes, new, engine.memtable({"as_of": days, "segmentation": names}, _OBSERVED))
    if gone:
        engine.replace_slice(log.days, _days(engine, as_of, now), {"as_of": as_of})


def latest_observation(engine: Engine) -> tuple[date, set[str]] | None:
    """The newest observed day and the segmentations that were looked at on it; None before the first."""
    if not engine.has(OBSERVED_DAYS):
        return None
    days = engine.table(OBSERVED_DAYS)
    newest = cast("date | None", engine.rows(days.agg(newest=days.as_of.max()))[0]["newest"])
    return None if newest is None else (newest, _observed_on(engine, OBSERVED_DAYS, newest))


def spells(changes: ir.Table, observed_days: ir.Table) -> ir.Table:
    """A row is a stay of a customer in a segment; the published ``segment_history``.

    Columns: customer_id, segmentation, segment, ``valid_from`` (DATE, first observed day as a
    member), ``valid_to`` (DATE, first observed day no longer a member; null = still one).  A
    segmentation that is missing on the newest days has no members now: its open stays end on the
    first observed day without it.
    """
    exits = changes.filter(~changes.entered)
    entries = changes.filter(changes.entered)
    # Most customers never leave a segment; only the others need their events put in order.
    left_once = exits.select(*KEY).distinct()
    moving = changes.semi_join(left_once, list(KEY))
    ordered = ibis.window(group_by=[moving[k] for k in KEY], order_by=moving.as_of)
    paired = moving.mutate(valid_to=moving.as_of.lead().over(ordered))
    closed = paired.filter(paired.entered).select(*KEY, valid_from="as_of", valid_to="valid_to")
    staying = entries.anti_join(left_once, list(KEY)).select(*KEY, valid_from="as_of", valid_to=ibis.null("date"))
    history = ibis.union(closed, staying)
    ends = _ends(observed_days)
    ended = history.left_join(ends, "segmentation")
    return ended.select(*KEY, "valid_from", valid_to=ibis.coalesce(ended.valid_to, ended.ended))


def members_as_of(
    history: ir.Table, segmentation: str | ir.StringValue, segment: str | ir.StringValue, day: date | ir.DateValue
) -> ir.Table:
    """The customers (customer_id) in a segment at the end of ``day``.

    On a day that was not observed: as last observed before it.  The three may be columns of
    ``history``, such as the arguments of the published function of this name.
    """
    named = (history.segmentation == segmentation) & (history.segment == segment)
    return history.filter(named & _covers(history, day)).select("customer_id")


def active_on(history: ir.Table, as_of: date) -> ir.Table:
    """The stays (the columns of ``KEY``) that cover ``as_of``, with ``since`` (DATE): when they began.

    An earlier start is seen only as far back as days were observed.
    """
    return history.filter(_covers(history, as_of)).select(*KEY, since="valid_from")


def observed_sizes(changes: ir.Table, observed_days: ir.Table) -> ir.Table:
    """A row is a segment on a day its segmentation was observed: as_of, segmentation, segment, customers.

    A segment has a row, perhaps with 0 customers, on every observed day if it ever had a member.
    """
    step = ibis.ifelse(changes.entered, 1, -1)
    net = changes.group_by("as_of", "segmentation", "segment").agg(net=step.sum())
    segments = net.select("segmentation", "segment").distinct()
    placed = observed_days.join(segments, "segmentation").left_join(net, ["as_of", "segmentation", "segment"])
    so_far = ibis.window(group_by=["segmentation", "segment"], order_by="as_of", rows=(None, 0))
    customers = placed.net.fill_null(0).sum().over(so_far)
    return placed.select("as_of", "segmentation", "segment", customers=customers.cast("int64"))


def _covers(history: ir.Table, day: date | ir.DateValue) -> ir.BooleanValue:
    return (history.valid_from <= day) & (history.valid_to.isnull() | (history.valid_to > day))


def _states(
    changes: ir.Table,
    memberships: ir.Table,
    as_of: date,
    now: Collection[str],
    touched: Collection[str],
    following: Mapping[str, date],
) -> ir.Table:
    """Per key 0 or 1: member ``before`` the day, ``on_day``, and ``after`` (the next observed day).

    One grouping over stored changes and today's members together, in place of a join of three
    states: it reads each row once and costs no window.
    """
    past = changes.filter(changes.segmentation.isin(touched))
    if not following:
        past = past.filter(past.as_of < as_of)
    step = ibis.ifelse(past.entered, 1, -1)
    zero = ibis.literal(0, "int8")
    after = ibis.ifelse(past.as_of <= _following_day(past.segmentation, following), step, zero) if following else zero
    was = past.select(*KEY, before=ibis.ifelse(past.as_of < as_of, step, zero), on_day=zero, after=after)
    members = memberships.filter(memberships.segmentation.isin(now))
    on_day = members.select(*KEY, before=zero, on_day=ibis.literal(1, "int8"), after=zero)
    rows = ibis.union(was, on_day)
    states = rows.group_by(list(KEY)).agg(before=rows.before.sum(), on_day=rows.on_day.max(), after=rows.after.sum())
    # What is no longer observed on the day stands on it as it stood before.
    return states.mutate(on_day=ibis.ifelse(states.segmentation.isin(now), states.on_day, states.before))


def _at_once(engine: Engine, changes: ir.Table, memberships: ir.Table, segmentations: Sequence[str]) -> list[Sequence[str]]:
    """The segmentations in lots whose memberships the engine groups in its memory."""
    if math.isinf(engine.values_at_once):
        return [segmentations]
    rows = engine.count(changes) + engine.count(memberships)
    lots = min(math.ceil(rows * _VALUES_OF_STATE / engine.values_at_once), len(segmentations)) or 1
    return [segmentations[lot::lots] for lot in range(lots)]


def _differences(states: ir.Table, as_of: date) -> ir.Table:
    """The changes of the day."""
    differ = states.filter(states.on_day != states.before)
    return differ.select(as_of=ibis.literal(as_of), **{k: differ[k] for k in KEY}, entered=differ.on_day == 1)


def _differences_after(states: ir.Table, following: Mapping[str, date]) -> ir.Table:
    """The changes of each segmentation's next observed day."""
    later = states.mutate(as_of=_following_day(states.segmentation, following))
    differ = later.filter(later.as_of.notnull() & (later.after != later.on_day))
    return differ.select("as_of", *KEY, entered=differ.after == 1)


def _following_day(segmentation: ir.StringColumn, following: Mapping[str, date]) -> ir.DateValue:
    days = [(segmentation == name, ibis.literal(day)) for name, day in following.items()]
    return cast(ir.DateValue, ibis.cases(*days, else_=ibis.null("date")))


def _observed_on(engine: Engine, table: str, as_of: date) -> set[str]:
    days = engine.table(table)
    return {str(row["segmentation"]) for row in engine.rows(days.filter(days.as_of == as_of))}


def _next_observed(engine: Engine, table: str, segmentations: Collection[str], as_of: date) -> dict[str, date]:
    days = engine.table(table)
    later = days.filter((days.as_of > as_of) & days.segmentation.isin(segmentations))
    found = engine.rows(later.group_by("segmentation").agg(day=later.as_of.min()).order_by("segmentation"))
    return {str(row["segmentation"]): cast(date, row["day"]) for row in found}


def _days(engine: Engine, as_of: date, segmentations: Collection[str]) -> ir.Table:
    return engine.memtable({"as_of": [as_of] * len(segmentations), "segmentation": list(segmentations)}, _OBSERVED)


def _ends(observed_days: ir.Table) -> ir.Table:
    """segmentation, ended: the first observed day after the segmentation's last; null when there is none."""
    last = observed_days.group_by("segmentation").agg(last=observed_days.as_of.max())
    days = observed_days.select(day="as_of").distinct()
    beyond = last.left_join(days, days.day > last["last"])
    return beyond.group_by("segmentation").agg(ended=beyond.day.min())
