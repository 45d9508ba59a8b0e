"""What is measured of a campaign, as it was said: its arms, their shares, the metric that decides, and whether that changed."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from segmentation_pipeline.config.schema import Campaign, CampaignMeasurement, Config
from segmentation_pipeline.contracts.labels import Arm

LISTS, LOG = "lists", "contact_log"
"""Where it is written who was assigned: the project's own lists, or source campaign_contacts."""
_DECIDED = {"shares", "control", "from_orders", "measurement"}


class Definition(BaseModel):
    """A campaign as it is measured.

    ``key`` is who it is, ``name`` what it is called, ``labels`` what the contact log and the costs call it.  ``shares`` are the
    planned proportions of its arms, ``control`` among them where there is one: without it nothing is a comparison.
    ``gets_nothing``: the control is the global control group, which no other campaign reaches either.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    name: str
    source: str
    channel: str
    labels: tuple[str, ...]
    shares: dict[str, float]
    control: str = Arm.HOLDOUT.value
    from_orders: bool = True
    ends: date | None = None
    cost_per_contact: Decimal | None = None
    randomised: bool = True
    gets_nothing: bool = False
    measurement: CampaignMeasurement = CampaignMeasurement()

    @property
    def digest(self) -> str:
        """Another one when arms, shares, windows, outcomes or the metric that decides change."""
        return hashlib.sha256(self.model_dump_json(include=_DECIDED).encode()).hexdigest()[:12]


def planned_shares(campaign: Campaign, config: Config) -> dict[str, float]:
    """The share of people each arm of an own campaign is to have, the holdout among them where there is one."""
    is_global = campaign.holdout == "global"
    kept_out = config.decision.global_holdout_share if is_global else campaign.own_holdout_share
    contacted = campaign.arm_shares or {Arm.TREATMENT.value: 1.0}
    shares = {arm: (1 - kept_out) * share for arm, share in contacted.items()}
    return shares | ({Arm.HOLDOUT.value: kept_out} if kept_out > 0 else {})


def configured(config: Config) -> dict[str, Definition]:
    """The campaigns and experiments of a configuration by key."""
    found = {}
    for name, campaign in config.campaigns.items():
        found[campaign.key_under(name)] = Definition(
            key=campaign.key_under(name),
            name=name,
            source=LISTS,
            channel=campaign.channel,
            labels=tuple(dict.fromkeys([name, *campaign.formerly, campaign.key_under(name)])),
            shares=planned_shares(campaign, config),
            ends=campaign.ends,
            cost_per_contact=campaign.cost_per_contact,
            gets_nothing=campaign.holdout == "global",
            measurement=campaign.measurement,
        )
    for name, experiment in config.experiments.items():
        found[name] = Definition(
            key=name,
            name=name,
            source=LOG,
            channel=experiment.channel,
            labels=experiment.labels(name),
            shares=experiment.planned,
            from_orders=experiment.from_orders,
            ends=experiment.ends,
            cost_per_contact=experiment.cost_per_contact,
            measurement=experiment.measurement,
        )
    return found


def observational(key: str) -> Definition:
    """A campaign of the contact log of which nobody says that it was drawn by lot: shown, and compared with nothing."""
    return Definition(key=key, name=key, source=LOG, channel="unknown", labels=(key,), shares={}, control="", randomised=False)
