"""What ledgers of consents and suppressions say, every row they hold taken into account.

A yes counts when it was read without fault and was known on the day.  A no counts as soon as the files
say it, however badly it is written down: a row that was refused and may be one stands as a no for whom
it names, and one that names nobody stops the run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.answered import told_places
from segmentation_pipeline.privacy.nameless import names_nobody
from segmentation_pipeline.values.ledger_words import (
    EVERYTHING,
    GRANTED,
    PROFILING,
    SALE_OR_SHARE,
    UNKNOWN,
    WITHDRAWN,
    channel_granted,
    channel_objected_to,
    objects_to_profiling,
    of_sale_or_share,
    purpose_meant,
    surely_granted,
)
from segmentation_pipeline.values.states import CLEAN, REJECTED

NAMED = ("customer_id", "email", "phone", "street", "postal_code", "city")
"""The columns with which a row of a ledger says whom it is about."""
EndOfDay = Callable[[ir.TimestampValue], ir.TimestampValue]
"""An instant to itself, or one without a time of day to the end of its day."""


class OptOutError(UserError):
    """Somebody said no and it cannot be told who; no audience may be made until it can."""


def consent_events(validated: ir.Table, as_of: date, purposes: tuple[str, ...], end_of_day: EndOfDay) -> ir.Table:
    """The events of the consent ledger that count on ``as_of``.

    ``validated`` is every row of source consents (``tables.judged``).  One row per row that counts:
    ``NAMED`` as received, ``channel`` and ``purpose`` (null = every one), ``status`` ('granted' or
    'withdrawn'), ``occurred_at`` (null = at all times: no grant comes after it), ``event_date``, ``_file``, ``_row``.

    A grant counts when it is clean, happened up to the end of ``as_of`` and names a channel and purpose
    that are known.  A withdrawal counts whenever it happened, also after ``as_of``; without a time of day it
    counts at the day's end; one whose channel or purpose is not
    known, or may mean several (``mail``), counts for all of them; one of sale and sharing is of every channel.  A refused
    row counts as a withdrawal at all times unless its status surely means granted.
    """
    rows = _without_undone_objections(validated, purposes, end_of_day)
    # By themselves, as each is asked for several times below.
    rows = rows.mutate(_withdrawal=_withdrawal(rows), _purpose=purpose_meant(rows.purpose, purposes))
    rows = rows.mutate(
        _channel=ibis.ifelse(rows._withdrawal, channel_objected_to(rows.channel), channel_granted(rows.channel)),
        _of_all=rows._withdrawal & objects_to_profiling(rows.channel, rows.purpose),
        _said_as_channel=of_sale_or_share(rows.channel, rows.purpose, purposes),
    )
    refused, withdrawal, of_all = rows._state == REJECTED, rows._withdrawal, rows._of_all
    channel, purpose = rows._channel, rows._purpose
    known = (channel != UNKNOWN) & (purpose != UNKNOWN)
    grant = (rows._state == CLEAN) & ~withdrawal & known & (rows.event_date <= as_of)
    shared = withdrawal & ~of_all & rows._said_as_channel
    events = rows.select(
        *NAMED,
        "_file",
        "_row",
        channel=ibis.cases((channel.isin([EVERYTHING, UNKNOWN]) | of_all | shared, ibis.null("string")), else_=channel),
        purpose=ibis.cases(
            (shared, SALE_OR_SHARE),
            (purpose.isin([EVERYTHING, UNKNOWN]) | of_all, ibis.null("string")),
            else_=purpose,
        ),
        status=ibis.ifelse(withdrawal, WITHDRAWN, GRANTED),
        # A grant of something else does not undo an objection to profiling; one of profiling did above.
        occurred_at=ibis.cases(
            (refused | of_all, ibis.null("timestamp")),
            (withdrawal, end_of_day(rows.occurred_at)),
            else_=rows.occurred_at,
        ),
        event_date=ibis.ifelse(refused, ibis.null("date"), rows.event_date),
        _counts=grant | withdrawal,
    )
    return events.filter(events._counts).drop("_counts")


def current_suppressions(validated: ir.Table, as_of: date) -> ir.Table:
    """The rows of the suppression list that hold on ``as_of``, whenever they came on it and however badly they are written.

    ``validated`` is every row of source suppressions.  One row per row that has not ended before ``as_of``: ``NAMED`` as
    received, ``channel`` (null = every one), ``event_date`` (null = not known), ``_file``, ``_row``.
    """
    channel = channel_objected_to(validated.channel)
    every = channel.isin([EVERYTHING, UNKNOWN])
    return _not_ended(validated, as_of, channel=ibis.ifelse(every, ibis.null("string"), channel))


def current_restrictions(validated: ir.Table, as_of: date) -> ir.Table:
    """The rows of source restrictions that hold on ``as_of``, as ``current_suppressions``; of every channel."""
    return _not_ended(validated, as_of, channel=ibis.null("string"))


def _not_ended(validated: ir.Table, as_of: date, **more: ir.Value) -> ir.Table:
    """An end is believed on a sound row only, and when it is not before the beginning."""
    ended = (validated.ends_on < as_of) & (validated.ends_on >= validated.event_date) & (validated._state != REJECTED)
    return validated.filter(~ended.fill_null(False)).select(*NAMED, "event_date", "_file", "_row", **more)


def standing_objections(validated: ir.Table, purposes: tuple[str, ...], end_of_day: EndOfDay) -> ir.Table:
    """The objections to profiling in source consents that hold, whenever they were made.

    ``validated`` is every row of the source.  One row per withdrawal, or refused row that may be one, that names purpose
    profiling: ``NAMED`` as received, ``event_date`` (null = not known), ``_file``, ``_row``.
    """
    rows = _without_undone_objections(validated, purposes, end_of_day)
    objection = _withdrawal(rows) & objects_to_profiling(rows.channel, rows.purpose)
    return rows.filter(objection).select(*NAMED, "event_date", "_file", "_row")


def _withdrawal(validated: ir.Table) -> ir.BooleanValue:
    return ibis.ifelse(validated._state == REJECTED, ~surely_granted(validated.status), ~_given(validated))


def _given(validated: ir.Table) -> ir.BooleanValue:
    return (validated.status.strip().lower() == GRANTED).fill_null(False)


def _without_undone_objections(validated: ir.Table, purposes: tuple[str, ...], end_of_day: EndOfDay) -> ir.Table:
    """``validated`` but for sound objections to profiling after which the same customer soundly agreed to it.

    A grant that names an address is one for that address, and one of a channel undoes no objection on another.
    """
    sound = validated.filter(validated._state == CLEAN)
    agreed = sound.filter(_given(sound), purpose_meant(sound.purpose, purposes) == PROFILING, ~_names_address(sound))
    agreed = agreed.select("customer_id", agreed_on=channel_granted(agreed.channel), agreed_at=agreed.occurred_at)
    objecting = sound.filter(~_given(sound), objects_to_profiling(sound.channel, sound.purpose))
    objections = objecting.inner_join(agreed, "customer_id")
    as_wide = (objections.agreed_on == EVERYTHING) | (objections.agreed_on == channel_objected_to(objections.channel))
    later = objections.agreed_at > end_of_day(objections.occurred_at)
    undone = objections.filter(as_wide, later).select("_file", "_row").distinct()
    return validated.anti_join(undone, ["_file", "_row"])


def _names_address(rows: ir.Table) -> ir.BooleanValue:
    return ibis.or_(*(rows[name].notnull() for name in NAMED if name != "customer_id"))


def stop_when_nobody_is_named(engine: Engine, source: str, noes: ir.Table, malformed: ir.Table) -> None:
    """Raise ``OptOutError`` when a no names nobody: a row without key and address, or a line that could not be split.

    ``noes`` are the rows of ``consent_events`` with status withdrawn, or of ``current_suppressions``.  The message tells the
    fingerprint of each, by which it can be answered for.
    """
    lines = malformed.select("_file", "_row", "reason")
    rows = noes.filter(names_nobody(noes)).select(
        "_file", "_row", reason=ibis.literal("no customer_id and no address that can be read")
    )
    nameless = lines.union(rows)
    count = engine.count(nameless)
    if not count:
        return
    told = told_places(engine, source, nameless, count)
    raise OptOutError(
        f"source '{source}': {count} rows may say that somebody must not be contacted, and it cannot be told who: {told}. "
        f"No audience is made before that is known. Correct or complete these rows in the file and run again; or, when you "
        f"have made sure that one of them is no opt-out, list it in privacy.yaml under 'not_opt_outs' with its file, row, "
        f"fingerprint and a reason. 'nameless_opt_outs: warn' with "
        f"'nameless_opt_outs_reason' lets all of them pass."
    )


def without_time_of_day(engine: Engine, zone: str) -> EndOfDay:
    """The end of the day for instants at midnight, in ``zone`` or in UTC: files say so where they know no time."""
    second = ibis.interval(seconds=1)

    def end_of_day(instant: ir.TimestampValue) -> ir.TimestampValue:
        day = engine.utc_to_local_day(instant, zone)
        begins = engine.local_to_utc(day.cast("timestamp"), zone)
        ends = engine.local_to_utc((day + ibis.interval(days=1)).cast("timestamp"), zone)
        in_utc = instant.date().cast("timestamp")
        return ibis.cases(
            (instant == begins, ends - second),
            (instant == in_utc, instant + ibis.interval(days=1) - second),
            else_=instant,
        )

    return end_of_day
