"""What is left of limits and money while people are shared out, and who fits into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.budget import Prices
from segmentation_pipeline.campaigns.contacts_of_day import ContactsOfDay
from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.campaigns.money import Purse, units
from segmentation_pipeline.engine.base import Engine

_PLENTY = 2**62


@dataclass(frozen=True, slots=True)
class Share:
    """A campaign and whom its gate let pass: ``judged`` is ``gate.judge`` of it, stored."""

    context: CampaignContext
    position: int
    judged: ir.Table
    households: ir.Table | None = None


@dataclass
class Left:
    """What is left during the rounds: contacts by position (None = no limit), and the money."""

    shares: Sequence[Share]
    purse: Purse
    room: dict[int, int | None]
    parts: list[ir.Table] = field(default_factory=list)
    first_prices: dict[str | None, float] = field(default_factory=dict)
    first: Prices | None = None

    def most(self, share: Share) -> int | None:
        """How many more people may be contacted for money's sake."""
        return self.purse.contacts(share.context.name, share.context.campaign)

    def is_open(self, share: Share) -> bool:
        return self.room[share.position] != 0 and self.most(share) != 0


def within_limits(engine: Engine, chosen: ir.Table, shares: Sequence[Share], left: Left, day: ContactsOfDay) -> ir.Table:
    """Of the chosen those within limits and money, the highest scores first, and the best of those who share an address.

    Only the treated cost money: who is in a holdout is kept where they would have been paid for.
    """
    terms = engine.memtable(
        {
            "position": [share.position for share in shares],
            "_room": [_PLENTY if (room := left.room[share.position]) is None else room for share in shares],
            "_most": [_PLENTY if (most := left.most(share)) is None else most for share in shares],
            "_cost": [units(share.context.campaign.cost_per_contact or Decimal(0)) for share in shares],
        },
        {"position": "int64", "_room": "int64", "_most": "int64", "_cost": "int64"},
    )
    joined = chosen.inner_join(terms, "position")
    joined = joined.drop(*repeated(joined, "position"))
    cost = joined.treated.ifelse(joined._cost, 0)
    order = [ibis.desc(joined.score), joined.draw, joined.customer_id]
    upto = ibis.window(group_by=joined.position, order_by=order, rows=(None, 0))
    counted = joined.mutate(
        _paid=cost,
        _place=ibis.row_number().over(ibis.window(group_by=joined.position, order_by=order)),
        _before=joined.treated.cast("int64").sum().over(upto) - joined.treated.cast("int64"),
    )
    within = counted.filter(counted._place < counted._room, counted._before < counted._most)
    total = left.purse.left_for_all
    if total is not None:
        everybody = ibis.window(order_by=[ibis.desc(within.score), within.draw, within.customer_id], rows=(None, 0))
        within = within.mutate(_spent=within._paid.sum().over(everybody) - within._paid)
        within = within.filter(within._spent + within._cost <= units(total))
    return _one_each(within, shares, day).select("customer_id", "position", "treated", "gain")


def _one_each(within: ir.Table, shares: Sequence[Share], day: ContactsOfDay) -> ir.Table:
    """``within`` without those at whose address, or in whose household, somebody better is contacted by another campaign."""
    order = ("score", "draw", "customer_id")
    channels = sorted({share.context.campaign.channel for share in shares})
    for channel in channels:
        positions = [share.position for share in shares if share.context.campaign.channel == channel]
        minding = [s.position for s in shares if s.context.campaign.channel == channel and s.context.campaign.one_per != "person"]
        here = within.filter(within.position.isin(positions)).inner_join(day.places(channel), "customer_id")
        within = _without_second(within, here, "address", minding, order)
    homes = next((share.households for share in shares if share.households is not None), None)
    minding = [share.position for share in shares if share.context.campaign.one_per == "household"]
    if homes is not None and minding:
        known = homes.filter(homes.household_id.notnull()).select("customer_id", "household_id")
        within = _without_second(within, within.inner_join(known, "customer_id"), "household_id", minding, order)
    return within


def _without_second(
    within: ir.Table, here: ir.Table, shared: str, minding: Sequence[int], order: tuple[str, str, str]
) -> ir.Table:
    score, *rest = order
    treated = here.treated.cast("int64")
    better = (
        treated.sum().over(ibis.window(group_by=here[shared], order_by=[ibis.desc(here[score]), *rest], rows=(None, 0))) - treated
    )
    second = here.mutate(_better=better).filter(ibis._._better > 0, ibis._.position.isin(minding))
    return within.anti_join(second.select("customer_id", "position"), ["customer_id", "position"])


def repeated(table: ir.Table, key: str) -> list[str]:
    """The key of the right side, where a join left it in."""
    return [name for name in (f"{key}_right",) if name in table.columns]
