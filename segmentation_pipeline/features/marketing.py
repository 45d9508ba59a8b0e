"""What the shop spent on contacting a customer: a campaign's cost shared among those it contacted."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.features.events import total
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source
from segmentation_pipeline.features.trailing import Trailing

_CONTACTS, _COSTS = "campaign_contacts", "marketing_costs"
_YEAR = Trailing(_CONTACTS, 365)
_PARTS = 1_000_000
"""A contact's cost is counted in millionths, as a whole number: an e-mail costs less than a cent, and a sum of
fractions would depend on the order rows are met in."""


def _features(config: Config) -> tuple[Feature, ...]:
    column = Column(
        "marketing_cost_365d",
        Type.MONEY,
        "Cost of contacting the customer in the last 365 days: of each campaign, its cost known so far divided by its "
        "contacts known so far.  Holdouts were not contacted; campaigns without a known cost count nothing.",
        "base currency",
        minimum=0,
    )
    return (Feature(column, (f"{_COSTS}.amount",)),)


def contact_costs(contacts: ir.Table, costs: ir.Table) -> ir.Table:
    """A row per campaign with contacts and costs: campaign, ``contact_cost`` in millionths of the currency."""
    reached = contacts.filter(contacts.arm != Arm.HOLDOUT.value)
    sizes = reached.group_by("campaign").agg(contacts=reached.count())
    spent = costs.group_by("campaign").agg(spent=costs.amount.sum())
    shared = sizes.join(spent, "campaign")
    each = shared.spent.cast("float64") / shared.contacts.cast("float64")
    return shared.select("campaign", contact_cost=(each * _PARTS).round().cast("int64"))


def _build(inputs: Inputs) -> ir.Table:
    own = inputs.sources[_CONTACTS]
    reached = own.filter(own.arm != Arm.HOLDOUT.value, inputs.inside(_YEAR, own)).select("customer_id", "campaign")
    each = reached.join(contact_costs(inputs.shared[_CONTACTS], inputs.shared[_COSTS]), "campaign")
    made = each.group_by("customer_id").agg(parts=total(each.contact_cost, ibis.literal(True)))
    cost = (made.parts.cast("float64") / _PARTS).round(2).cast(Type.MONEY.ibis)
    return made.select("customer_id", marketing_cost_365d=cost)


def _changed_by_reference(inputs: Inputs, dirty: Mapping[str, ir.Table]) -> ir.Table:
    """Everybody contacted by a campaign whose cost or number of contacts may be another."""
    changed = dirty[_CONTACTS].select("campaign").union(dirty[_COSTS].select("campaign"), distinct=True)
    return inputs.shared[_CONTACTS].semi_join(changed, "campaign").select("customer_id")


MARKETING = Family(
    name="marketing",
    description="What was spent on contacting the customer.",
    features=_features,
    build=_build,
    reads=(_CONTACTS,),
    shared=(_CONTACTS, _COSTS),
    windows=(_YEAR,),
    changed_by_reference=_changed_by_reference,
    off=lambda config: needs_source(_CONTACTS)(config) or needs_source(_COSTS)(config),
)
