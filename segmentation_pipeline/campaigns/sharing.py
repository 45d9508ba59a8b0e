"""People shared out among campaigns by what each contact earns, under limits, money and shared addresses.

In rounds.  In each, everybody still free is given the campaign that earns most on top of the prices of what is scarce
(``budget.py``), as if all were contacted; limits and money cut off the least.  Who is in the treatment of their campaign is
contacted and done.  Who is in its holdout is measured there and free for others in the next round, with the money that
is left.  So whether somebody counts for a campaign never depends on their own arm in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.campaigns.budget import EXACT_PAIRS, Offers, Prices, Scarce, best_choice, free, prices
from segmentation_pipeline.campaigns.contacts_of_day import ContactsOfDay
from segmentation_pipeline.campaigns.money import Purse
from segmentation_pipeline.campaigns.within_limits import Left, Share, repeated, within_limits
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.hash_sampling import sampling_hash

SAMPLED = 1000
"""So many people open to a campaign are looked at for the prices, of each campaign."""
_ROUNDS = 24
_DIGITS = 12
_NEARLY = 1e-6
"""A gain that differs from its price by no more is at the border, which is filled by draw."""
ASSIGNED = {"position": "int64", "customer_id": "string"}


@dataclass(frozen=True, slots=True)
class SharedOut:
    """``assigned``: a person (``customer_id``) and a campaign (``position``) they are chosen for, in either arm;
    ``out_of_money``: campaigns that money kept from choosing more; ``prices``: what one more unit of money would earn,
    by campaign with a budget, None = of the money of all; ``round_prices``: those of the first round, None = nothing was
    open."""

    assigned: ir.Table
    out_of_money: frozenset[str]
    prices: dict[str | None, float]
    round_prices: Prices | None = None


def shared_by_value(engine: Engine, shares: Sequence[Share], day: ContactsOfDay, purse: Purse, held: ExitStack) -> SharedOut:
    """Share people out; their contacts are added to ``day`` and paid from ``purse``.

    First among campaigns whose gain is known; whoever is left then to those of which it is not, in the order of priority.
    """
    left = Left(shares, purse, {share.position: share.context.campaign.limit for share in shares})
    everything = ibis.union(*map(_pairs, shares)) if len(shares) > 1 else _pairs(shares[0]) if shares else None
    if everything is not None:
        pairs = held.enter_context(engine.staged(everything))
        for known in (True, False):
            _rounds(engine, pairs.filter(pairs.gain.notnull() == known), left, day, held, priced=known)
    nothing = engine.memtable({name: [] for name in ASSIGNED}, ASSIGNED)
    out = frozenset(share.context.name for share in shares if left.most(share) is not None and left.room[share.position] != 0)
    return SharedOut(ibis.union(nothing, *left.parts) if left.parts else nothing, out, left.first_prices, left.first)


def _pairs(share: Share) -> ir.Table:
    """The people open to a campaign: ``position``, ``customer_id``, ``gain``, whether they are ``treated``, and ``draw``."""
    passed = share.judged.filter(share.judged.stopped.isnull())
    salt = f"{share.context.privacy.salt}|decision"
    return passed.select(
        "customer_id",
        "gain",
        position=ibis.literal(share.position, "int32").cast("int64"),
        treated=passed.arm != Arm.HOLDOUT.value,
        draw=sampling_hash(passed.customer_id, salt).substr(0, _DIGITS),
    )


def _rounds(engine: Engine, pairs: ir.Table, left: Left, day: ContactsOfDay, held: ExitStack, *, priced: bool) -> None:
    for _ in range(_ROUNDS + len(left.shares)):
        shares = [share for share in left.shares if left.is_open(share)]
        if not shares:
            return
        with engine.staged(_still_open(pairs, shares, left, day)) as open_pairs:
            chosen = _chosen(engine, open_pairs, shares, left, priced)
            kept = held.enter_context(engine.staged(within_limits(engine, chosen, shares, left, day)))
        if not _note(engine, kept, shares, left, day):
            return


def _still_open(pairs: ir.Table, shares: Sequence[Share], left: Left, day: ContactsOfDay) -> ir.Table:
    """``pairs`` of campaigns with room, without people who are contacted or were assigned, and without shared addresses."""
    parts = []
    for share in shares:
        mine = pairs.filter(pairs.position == share.position)
        for column, taken in day.taken(share.context, share.position, share.households).items():
            mine = mine.anti_join(_people_at(column, taken, share, day), "customer_id")
        parts.append(mine)
    found = ibis.union(*parts) if len(parts) > 1 else parts[0]
    for assigned in left.parts:
        found = found.anti_join(assigned, ["customer_id", "position"])
    return found


def _people_at(column: str, taken: ir.Table, share: Share, day: ContactsOfDay) -> ir.Table:
    """The people somebody is contacted at whose address or in whose household."""
    if column == "customer_id":
        return taken
    if column == "address":
        return day.places(share.context.campaign.channel).semi_join(taken, "address")
    assert share.households is not None
    return share.households.semi_join(taken, "household_id")


def _chosen(engine: Engine, open_pairs: ir.Table, shares: Sequence[Share], left: Left, priced: bool) -> ir.Table:
    """One campaign for each person who is worth it: ``open_pairs`` of theirs, with ``score``, gain less prices."""
    if not priced:
        return _best(open_pairs.mutate(score=ibis.literal(0.0)))
    counts = engine.rows(open_pairs.group_by("position").agg(people=open_pairs.count()).order_by("position"))
    if not counts:
        return open_pairs.mutate(score=ibis.literal(0.0)).filter(False)
    number = {int(row["position"]): at for at, row in enumerate(counts)}
    mine = [share for share in shares if share.position in number]
    scarce = _scarce(mine, left)
    is_small = sum(int(row["people"]) for row in counts) <= EXACT_PAIRS
    sampled = open_pairs if is_small else _sampled(open_pairs, {int(row["position"]): int(row["people"]) for row in counts})
    ids, offers = _offers(engine, sampled, number) if scarce.binds else ([], None)
    found = free(len(mine)) if offers is None else prices(offers, scarce)[0]
    _remember(found, mine, left)
    off = found.of_contact(scarce.spend)
    terms: dict[str, list[object]] = {"position": [share.position for share in mine], "off": [float(each) for each in off]}
    priced_pairs = open_pairs.inner_join(engine.memtable(terms, {"position": "int64", "off": "float64"}), "position")
    scored = priced_pairs.mutate(score=priced_pairs.gain - priced_pairs.off).drop("off", *repeated(priced_pairs, "position"))
    if offers is None or not is_small:
        return _best(scored.filter(scored.score > -_NEARLY * (1 + scored.gain.abs())))
    picked = best_choice(offers, scarce)
    chosen = {
        "customer_id": [ids[at] for at in offers.cell[picked]],
        "position": [mine[at].position for at in offers.campaign[picked]],
    }
    wanted = engine.memtable(chosen, {"customer_id": "string", "position": "int64"})
    return scored.semi_join(wanted, ["customer_id", "position"])


def _best(scored: ir.Table) -> ir.Table:
    """Of each person the pair with the highest score, of equal ones that of the campaign that comes first."""
    order = [ibis.desc(scored.score), scored.position]
    place = ibis.row_number().over(group_by=scored.customer_id, order_by=order)
    return scored.mutate(_place=place).filter(ibis._._place == 0).drop("_place")


def _scarce(shares: Sequence[Share], left: Left) -> Scarce:
    """What is left.  A contact costs what it does for the share in the treatment: not for those there happen to be, on whom a
    choice must not depend."""
    treated = np.array([1 - share.context.campaign.own_holdout_share for share in shares])
    cost = np.array([float(share.context.campaign.cost_per_contact or 0) for share in shares])
    budgets = [left.purse.left(share.context.name, share.context.campaign) for share in shares]
    total = left.purse.left_for_all
    return Scarce(
        cost * treated,
        np.array([np.inf if (room := left.room[share.position]) is None else room for share in shares], dtype=float),
        np.array([np.inf if left is None else left for left in budgets], dtype=float),
        np.inf if total is None else float(total),
    )


def _sampled(open_pairs: ir.Table, people: dict[int, int]) -> ir.Table:
    """The pairs of a sample of people in which every campaign has about ``SAMPLED`` of its own, or all, with their ``weight``."""
    shares = {position: min(1.0, SAMPLED / number) for position, number in people.items()}
    if min(shares.values()) == 1:
        return open_pairs
    share = ibis.cases(*((open_pairs.position == at, ibis.literal(each)) for at, each in shares.items()), else_=0.0)
    most = open_pairs.mutate(_share=share).group_by("customer_id").agg(_share=ibis._._share.max(), draw=ibis._.draw.min())
    steps = sorted(set(shares.values()))
    drawn = ibis.cases(
        *((most._share == each, most.draw < f"{int(each * 16**_DIGITS):0{_DIGITS}x}") for each in steps if each < 1), else_=True
    )
    weights = most.filter(drawn).select("customer_id", weight=1 / ibis._._share)
    return open_pairs.inner_join(weights, "customer_id")


def _offers(engine: Engine, sampled: ir.Table, number: dict[int, int]) -> tuple[list[str], Offers]:
    """The sampled pairs in a fixed order, and the people they are of."""
    weight = sampled.weight if "weight" in sampled.columns else ibis.literal(1.0)
    wanted = sampled.select("customer_id", "position", "gain", weight=weight).order_by("customer_id", "position")
    ids: list[str] = []
    cells, campaigns, gains, weights = [], [], [], []
    for batch in engine.batches(wanted):
        for person, position, gain, size in zip(*(batch.column(name).to_pylist() for name in wanted.columns), strict=True):
            if not ids or ids[-1] != person:
                ids.append(person)
                weights.append(size)
            cells.append(len(ids) - 1)
            campaigns.append(number[position])
            gains.append(gain)
    return ids, Offers(np.array(cells, dtype=np.int64), np.array(campaigns, dtype=np.int64), np.array(gains), np.array(weights))


def _remember(found: Prices, shares: Sequence[Share], left: Left) -> None:
    """The prices of the first round are those of the day: what one more unit of money earns while all people are there."""
    if left.first is not None:
        return
    left.first = found
    if left.purse.total is not None:
        left.first_prices[None] = float(found.money)
    for share, price in zip(shares, found.budgets, strict=True):
        if share.context.campaign.budget is not None:
            left.first_prices[share.context.name] = float(price)


def _note(engine: Engine, kept: ir.Table, shares: Sequence[Share], left: Left, day: ContactsOfDay) -> int:
    """Note who was assigned, contacted and paid in a round; how many were assigned."""
    counts = kept.group_by("position").agg(people=kept.count(), contacts=kept.treated.cast("int64").sum())
    found = {int(row["position"]): (int(row["people"]), int(row["contacts"])) for row in engine.rows(counts)}
    for share in shares:
        people, contacts = found.get(share.position, (0, 0))
        room = left.room[share.position]
        left.room[share.position] = None if room is None else room - people
        left.purse.pay(share.context.name, share.context.campaign, contacts)
    left.parts.append(kept.select(*ASSIGNED))
    keys = {share.position: (share.context.key, share.context.campaign.channel) for share in shares}
    key = ibis.cases(*((kept.position == at, ibis.literal(key)) for at, (key, _) in keys.items()), else_="")
    channel = ibis.cases(*((kept.position == at, ibis.literal(channel)) for at, (_, channel) in keys.items()), else_="")
    day.add(kept.mutate(campaign=key, channel=channel).filter(kept.treated))
    return sum(people for people, _ in found.values())
