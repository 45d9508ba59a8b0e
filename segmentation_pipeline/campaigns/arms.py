"""Who is kept out and who gets which message: draws by hash of the contact unit, or evenly in strata over all days.

A contact unit is the smallest id of those who share an address or a household, so that an address is in one arm.  Every draw
has a salt of its own: an arm that is added or renamed never moves anybody into or out of the holdout.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.hash_sampling import drawn_part, in_sample, sampling_hash, uniform
from segmentation_pipeline.privacy.accounts import compared_address

_UNKNOWN = "unknown"
_DRAWN = {"unit": "string", "arm": "string", "stratum": "string"}


def with_control_group(people: ir.Table, context: CampaignContext, together: ir.Table | None, *, exempt: bool) -> ir.Table:
    """``people`` (``customer_id``) with ``in_control``: whether they are in the global control group, never null.

    ``together`` has the ``unit`` of each ``customer_id`` that is reached with others by whatever channel or household; the
    others are by themselves.  The draw is the same for every campaign and day.  ``exempt``: the campaign goes to everybody.
    """
    decision = context.decision
    if exempt or not decision.global_holdout_share:
        return people.mutate(in_control=ibis.literal(False))
    salt = f"{context.privacy.salt}|global_holdout|{decision.global_holdout_draw}"
    if together is None:
        return people.mutate(in_control=in_sample(people.customer_id, salt, decision.global_holdout_share))
    joined = people.left_join(together.select("customer_id", _unit="unit"), "customer_id").drop("customer_id_right")
    unit = ibis.coalesce(joined._unit, joined.customer_id)
    return joined.mutate(in_control=in_sample(unit, salt, decision.global_holdout_share)).drop("_unit")


def stratum(context: CampaignContext, profile: ir.Table) -> ir.StringValue:
    """The stratum of each row of ``profile``, such as ``value_tier=gold, country=DE``; null where the campaign has none."""
    names = context.campaign.stratify_by
    if not names:
        return ibis.null("string")
    parts = [ibis.literal(f"{name}=") + profile[name].cast("string").fill_null(_UNKNOWN) for name in names]
    return cast(ir.StringValue, reduce(lambda told, part: told + ", " + part, parts))


def with_arms(people: ir.Table, context: CampaignContext, drawn: ir.Table | None, order: Sequence[ir.Value]) -> ir.Table:
    """``people`` with ``arm``: 'holdout', 'treatment', or in a campaign with arms the name of one; null = not to be drawn.

    ``people``: a row per person with ``customer_id``, ``unit``, ``to_draw`` (whether they come to the draw), ``in_control``
    (``with_control_group``) and ``stratum``, which comes back as that in which they were drawn.  ``drawn`` is
    ``first_drawn``, and ``order`` says who of ``people`` comes before whom; only campaigns with strata ask for them.

    Without strata an arm depends on salt, campaign key and unit alone: neither on others nor on other days.  With strata
    the holdout is drawn by systematic sampling that goes on from day to day (``_newly_held_out``); whoever was drawn on
    another day keeps the arm, as long as the campaign has it.
    """
    campaign, salt = context.campaign, context.privacy.salt
    shares = campaign.arm_shares or {Arm.TREATMENT.value: 1.0}
    if campaign.stratify_by:
        people = people.mutate(_best=ibis.row_number().over(order_by=list(order)))
        people = _with_strata(people, context, drawn).drop("_best")
    else:
        own = in_sample(people.unit, f"{salt}|holdout|{context.key}", campaign.own_holdout_share)
        held_out = people.in_control if campaign.holdout == "global" else own
        people = people.mutate(_held_out=held_out, _kept=ibis.null("string"))
    message = people._kept.isin(list(shares)).ifelse(people._kept, drawn_part(people.unit, f"{salt}|arms|{context.key}", shares))
    arm = ibis.cases((~people.to_draw, ibis.null("string")), (people._held_out, Arm.HOLDOUT.value), else_=message)
    return people.mutate(arm=arm).drop("_held_out", "_kept")


def first_drawn(lists: ir.Table, accounts: ir.Table, households: ir.Table | None, channel: str) -> ir.Table:
    """Which arm each contact unit was drawn for first: ``unit``, ``arm``, ``stratum`` (null = drawn without), a row per unit.

    ``lists``: rows of ``campaign_audiences`` of one campaign on other days, with ``customer_id`` (the person of today),
    ``account`` (as it was), ``arm``, ``stratum`` and ``as_of``.  ``accounts`` is ``privacy.accounts``, ``households`` is
    ``households.reached_together``.  Of persons who were merged, or who share an address since, the older row counts.
    """
    address = compared_address(accounts, channel)
    placed = accounts.filter(accounts.own, address.notnull()).select("customer_id", address=address)
    firsts = placed.group_by("address").agg(unit=placed.customer_id.min())
    units = placed.inner_join(firsts, "address").select("customer_id", "unit")
    if households is not None:
        homes = households.select("customer_id", _home="unit")
        joined = units.outer_join(homes, "customer_id")
        units = joined.select(
            customer_id=ibis.coalesce(joined.customer_id, joined.customer_id_right), unit=ibis.coalesce(joined._home, joined.unit)
        )
    found = lists.left_join(units, "customer_id").drop("customer_id_right")
    found = found.mutate(unit=ibis.coalesce(found.unit, found.customer_id))
    order = ibis.window(group_by="unit", order_by=["as_of", "account", "arm"])
    oldest = found.mutate(_place=ibis.row_number().over(order))
    return oldest.filter(oldest._place == 0).select(*_DRAWN)


def _with_strata(people: ir.Table, context: CampaignContext, drawn: ir.Table | None) -> ir.Table:
    """``people`` with ``_held_out``, ``_kept`` (the arm of another day, null = not drawn yet) and the stratum of their draw."""
    earlier = ibis.memtable(ibis.schema(_DRAWN).to_pyarrow().empty_table()) if drawn is None else drawn
    known = earlier.select("unit", _kept="arm", _stratum="stratum")
    joined = people.left_join(known, "unit").drop("unit_right")
    people = joined.mutate(stratum=ibis.coalesce(joined._stratum, joined.stratum)).drop("_stratum")
    new = people.filter(people.to_draw & people._kept.isnull())
    # Of persons with one address the unit is drawn once, in the stratum of the first of them.
    first = new.mutate(_place=ibis.row_number().over(ibis.window(group_by="unit", order_by="customer_id")))
    units = first.filter(first._place == 0).select("unit", "stratum", "_best")
    held = _newly_held_out(units, earlier, context).select("unit", _new="held_out", _drawn_in="stratum")
    found = people.left_join(held, "unit").drop("unit_right")
    return found.mutate(
        _held_out=ibis.coalesce(found._kept == Arm.HOLDOUT.value, found._new, ibis.literal(False)),
        stratum=ibis.coalesce(found._drawn_in, found.stratum),
    ).drop("_new", "_drawn_in")


def _newly_held_out(units: ir.Table, earlier: ir.Table, context: CampaignContext) -> ir.Table:
    """``units`` (``unit``, ``stratum``, ``_best``) that are drawn for the first time, with ``held_out``.

    Systematic sampling (Madow 1949) over all days: the position of a unit in its stratum goes on from the number drawn
    there before, ``earlier``.  Those of one day come the best first, so that the share is that of the chosen, too, where a
    limit cuts off the others after the draw; but of as many as hold one to be held out the order is drawn.  Else ten
    newcomers a night at a tenth would put the same place, every night the best or the last, into the holdout.
    """
    key, salt, share = context.key, context.privacy.salt, context.campaign.own_holdout_share
    before = earlier.filter(earlier.stratum.notnull()).group_by("stratum").agg(_before=ibis._.count())
    placed = units.left_join(before, "stratum").drop("stratum_right")
    rank = ibis.row_number().over(ibis.window(group_by="stratum", order_by=placed._best))
    placed = placed.mutate(_among=(rank.cast("float64") * share).floor(), _turn=sampling_hash(placed.unit, f"{salt}|turn|{key}"))
    turn = ibis.row_number().over(ibis.window(group_by="stratum", order_by=[placed._among, placed._turn, placed.unit]))
    offset = uniform(placed.stratum, f"{salt}|offset|{key}")
    held_out = held_out_at(placed._before.fill_null(0) + turn, share, offset)
    return placed.mutate(held_out=held_out).drop("_before", "_among", "_turn")


def held_out_at(position: ir.NumericValue, share: float, offset: ir.FloatingValue) -> ir.BooleanValue:
    """Whether the unit at ``position`` (from 0) of a stratum is held out: of its first n floor(n * share + offset) are.

    ``offset`` is a draw of the stratum in [0, 1), so that each unit is held out with probability ``share``.
    """
    place = position.cast("float64")
    return cast(ir.BooleanValue, ((place + 1.0) * share + offset).floor() > (place * share + offset).floor())
