"""What a day's contacts may cost and have cost, exactly."""

from __future__ import annotations

from decimal import Decimal

from segmentation_pipeline.config.schema import Campaign
from segmentation_pipeline.config.schema.base import AMOUNT_DECIMALS

UNIT = Decimal(10) ** AMOUNT_DECIMALS
"""Engines count money in whole units of the smallest amount that can be written."""


class Purse:
    """The money of a day: ``total`` for all campaigns (None = no limit), and what each has of its own.

    ``spent`` by campaign.
    """

    def __init__(self, total: Decimal | None) -> None:
        self.total = total
        self.spent: dict[str, Decimal] = {}

    def left(self, name: str, campaign: Campaign) -> Decimal | None:
        """What a campaign may spend still of its own budget; None = no limit."""
        return None if campaign.budget is None else campaign.budget - self.spent.get(name, Decimal(0))

    @property
    def left_for_all(self) -> Decimal | None:
        """What all campaigns together may spend still; None = no limit."""
        return None if self.total is None else self.total - sum(self.spent.values())

    def contacts(self, name: str, campaign: Campaign) -> int | None:
        """How many more contacts of a campaign can be paid; None = as many as there are.

        >>> purse = Purse(Decimal("1.00"))
        >>> purse.contacts("spring", Campaign(title="S", channel="post", audience="true", cost_per_contact=Decimal("0.30")))
        3
        """
        cost = campaign.cost_per_contact
        amounts = [left for left in (self.left(name, campaign), self.left_for_all) if left is not None]
        return max(int(min(amounts) // cost), 0) if cost and amounts else None

    def pay(self, name: str, campaign: Campaign, contacts: int) -> None:
        """Note ``contacts`` of a campaign as paid."""
        self.spent[name] = self.spent.get(name, Decimal(0)) + contacts * (campaign.cost_per_contact or Decimal(0))


def units(amount: Decimal) -> int:
    """An amount in whole units."""
    return int(amount * UNIT)
