"""Money is counted exactly."""

from __future__ import annotations

from decimal import Decimal

from segmentation_pipeline.campaigns.money import Purse, units
from segmentation_pipeline_tests.campaigns import shop


def test_what_is_left_pays_for_whole_contacts_only():
    mail = shop.campaign(cost_per_contact=Decimal("0.1"), budget=Decimal("0.3"))
    purse = Purse(Decimal("1"))
    assert purse.contacts("mail", mail) == 3  # with doubles it would be 2
    purse.pay("mail", mail, 2)
    assert (purse.left("mail", mail), purse.left_for_all) == (Decimal("0.1"), Decimal("0.8"))
    assert purse.contacts("mail", mail) == 1
    assert Purse(None).contacts("mail", shop.campaign()) is None


def test_amounts_become_whole_units():
    assert units(Decimal("0.000001")) == 1
    assert units(Decimal("0.3")) == 3 * units(Decimal("0.1"))
