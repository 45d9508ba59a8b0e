"""Who is contacted on the day of the run, as far as it is decided: what campaigns that come later go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.contracts.labels import Arm, FunnelStep
from segmentation_pipeline.engine.base import Engine

CONTACT = {"position": "int64", "campaign": "string", "customer_id": "string", "channel": "string"}


class ContactsOfDay:
    """The contacts of one day by campaign, whose ``position`` is its place in the order of priority.

    ``places`` gives for a channel the own address of everybody: ``customer_id``, ``address``.
    """

    def __init__(self, engine: Engine, places: Callable[[str], ir.Table], held: ExitStack) -> None:
        self._engine, self.places, self._held = engine, places, held
        self._parts: list[ir.Table] = []

    def add(self, contacts: ir.Table) -> None:
        """Contacts with the columns of ``CONTACT``; stored, so that they are computed once."""
        self._parts.append(self._held.enter_context(self._engine.staged(contacts.select(*CONTACT))))

    @property
    def table(self) -> ir.Table:
        """All of them."""
        if not self._parts:
            return self._engine.memtable({name: [] for name in CONTACT}, CONTACT)
        return ibis.union(*self._parts) if len(self._parts) > 1 else self._parts[0]

    def with_those_before(self, past: ir.Table | None, as_of: date) -> ir.Table | None:
        """``pressure.contacts`` of other days and those of this one, for caps; None = there are none."""
        if not self._parts:
            return past
        arm, today = ibis.literal(Arm.TREATMENT.value), self.table
        mine = today.select("campaign", "customer_id", "channel", arm=arm, event_date=ibis.literal(as_of))
        return mine if past is None else past.union(mine.select(*past.columns))

    def taken(self, context: CampaignContext, position: int, households: ir.Table | None) -> dict[str, ir.Table]:
        """Whom other campaigns contact: a ``customer_id`` with ``taken_by``, the position of the first that does, an
        ``address`` on the campaign's channel (not with ``one_per: person``) and a ``household_id`` (with ``household``)."""
        today = self.table
        others = today.filter(today.position != position)
        found = {"customer_id": others.group_by("customer_id").agg(taken_by=others.position.min())}
        if context.campaign.one_per != "person":
            on_channel = others.filter(others.channel == context.campaign.channel)
            found["address"] = (
                on_channel.inner_join(self.places(context.campaign.channel), "customer_id").select("address").distinct()
            )
        if context.campaign.one_per == "household" and households is not None:
            homes = households.filter(households.household_id.notnull()).select("customer_id", "household_id")
            found["household_id"] = others.inner_join(homes, "customer_id").select("household_id").distinct()
        return found


def without_taken(judged: ir.Table, taken: Mapping[str, ir.Table], names: Mapping[int, str]) -> ir.Table:
    """``judged`` with whom another campaign contacts ``stopped``, and by which campaign, ``lost_to`` (null = by none)."""
    joined = judged.left_join(taken["customer_id"], "customer_id").drop("customer_id_right")
    shared = ibis.literal(False)
    for number, column in enumerate(name for name in ("address", "household_id") if name in taken):
        flag = f"_shared_{number}"
        theirs = taken[column].mutate(**{flag: True})
        joined = joined.left_join(theirs, column).drop(f"{column}_right")
        shared = shared | joined[flag].notnull()
        joined = joined.mutate(_shared=shared).drop(flag)
        shared = joined._shared
    passed, lost = joined.stopped.isnull(), joined.taken_by.notnull()
    name = ibis.cases(*((joined.taken_by == at, ibis.literal(name)) for at, name in names.items()), else_=ibis.null("string"))
    told = joined.mutate(
        stopped=ibis.cases(
            (~passed, joined.stopped),
            (lost, FunnelStep.LOST_TO.value),
            (shared, FunnelStep.ADDRESS_SHARED.value),
            else_=ibis.null("string"),
        ),
        lost_to=(passed & lost).ifelse(name, ibis.null("string")),
    )
    return told.drop("taken_by", *(["_shared"] if "_shared" in told.columns else []))
