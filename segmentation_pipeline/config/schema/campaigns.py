"""``campaigns.yaml``: who is to be contacted, how, and who is kept out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from segmentation_pipeline.config.schema.base import (
    MOST,
    MOST_DAYS,
    Amount,
    CalculationText,
    DayOfFile,
    Labelled,
    Languages,
    LineOfText,
    Model,
    Name,
    Names,
    RuleText,
)
from segmentation_pipeline.config.schema.campaign_arms import CampaignArm, arms_that_add_up
from segmentation_pipeline.config.schema.campaign_measurement import CampaignMeasurement, Experiment
from segmentation_pipeline.config.schema.decision import Decision
from segmentation_pipeline.config.schema.triggers import DependsOn, TriggerConfig

AD_AUDIENCES = "ad_audiences"
"""The purpose of handing addresses to an ad platform: consent to e-mail marketing does not cover it."""
_NUMBER = re.compile(r"(?<![\w.])\d")
_WINDOW = re.compile(r"\b(count|total)\s*\([^()]*\)", re.IGNORECASE)
"""Its days are part of what is measured, and nothing that is assumed."""


class Repeat(Model):
    """A message may be sent to the same person again ``after_days`` days."""

    after_days: Annotated[int, Field(ge=1, le=MOST_DAYS)]


class FixedText(Model):
    """The same ``text`` for everybody on the list, such as an offer or a voucher."""

    text: LineOfText


class Campaign(Labelled):
    """Who is to be contacted, how, and how many are kept out to measure the effect.

    ``title``, ``description`` and ``owner`` are shown wherever it is.  ``purpose`` is what a person must have agreed to.

    ``audience`` is a rule over the columns of ``customer_profile``.  ``rank_by`` orders the list,
    highest first; ``limit`` keeps the best.  ``quiet_days`` leaves out whom any campaign reached
    that recently.  ``one_per: address`` lists an address once, for the best ranked of those who have it;
    ``household`` also lists a household (table ``households``) once, as if it were one person; ``person`` lists an
    address for each of them.

    ``channel: ads`` makes a list of hashed addresses for an ad platform; it is standing and has a purpose of its own.
    ``kind: message`` is sent once to whoever is on the list: they count as contacted, and ``repeat`` says when they
    may get it again.  ``kind: standing`` is a list others keep, such as an ad platform: who is on it stays as long as
    the rule holds, and being on it is no contact.  ``counts_as_contacted: delivered`` counts only lists that were
    delivered to a destination or sealed; ``frozen`` those of every earlier day.

    ``holdout: campaign`` keeps ``holdout_share`` of the chosen out by a draw of the campaign's own; ``global`` compares with
    those of the global control group (``decision``) who would have got it; ``none`` keeps nobody out of its own.
    ``stratify_by`` names columns or segmentations of ``customer_profile`` in every combination of which that share is kept
    out.  ``arms`` are several messages, drawn among those not kept out.  ``languages`` (ISO 639) leaves out who has stated
    another or none; ``starts`` and ``ends`` are the first and the last day of the campaign.

    What ``decision`` goes by: ``priority`` (1 comes first; campaigns without one come after, in the order of the file);
    ``value``, what contacting a person is expected to earn, calculated from columns of ``customer_profile``, with what is assumed
    in it in words (``value_assumption``); ``cost_per_contact``; ``budget``, money a day; ``tags`` that caps count by.
    ``transactional`` messages, such as a recall, are neither capped nor counted, and compete with nothing.

    ``profile`` names the platform whose file is written beside the list, ``profile_settings`` answers what it leaves open.
    ``measurement`` says how the effect is measured.  ``content`` are further columns of the list by name: a column of
    ``customer_profile``, ``reason``, or ``{text: ...}``.  ``trigger`` and ``depends_on`` leave only those to whom something
    happened on a certain day: each on a day of their own.
    """

    title: str
    description: str = ""
    owner: str = "team:crm"
    channel: Literal["email", "sms", "post", "ads"]
    purpose: str = "marketing"
    audience: RuleText
    rank_by: str = "clv"
    one_per: Literal["address", "household", "person"] = "address"
    limit: Annotated[int, Field(ge=1, le=MOST)] | None = None
    quiet_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = 0
    kind: Literal["message", "standing"] = "message"
    repeat: Literal["never"] | Repeat = Repeat(after_days=300)
    counts_as_contacted: Literal["frozen", "delivered"] = "frozen"
    holdout: Literal["campaign", "global", "none"] = "campaign"
    holdout_share: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.1
    stratify_by: Names = ()
    arms: dict[Name, CampaignArm] = Field(default_factory=dict)
    languages: Languages = ()
    starts: DayOfFile | None = None
    ends: DayOfFile | None = None
    profile: Name | None = None
    profile_settings: dict[Name, str] = Field(default_factory=dict)
    content: dict[Name, Name | FixedText] = Field(default_factory=dict)
    measurement: CampaignMeasurement = CampaignMeasurement()
    priority: Annotated[int, Field(ge=1, le=MOST)] | None = None
    value: CalculationText | None = None
    value_assumption: str = ""
    cost_per_contact: Amount | None = None
    budget: Amount | None = None
    tags: Names = ()
    transactional: bool = False
    trigger: SerializeAsAny[TriggerConfig] | None = None
    """Of the kinds of ``campaigns/triggers``: this room knows none, and keeps what was read as one."""
    depends_on: DependsOn | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_an_ad_audience(cls, data: object) -> object:
        """An ad platform keeps a list, and what people agreed to for it is nothing they agreed to for anything else."""
        if isinstance(data, dict) and data.get("channel") == "ads":
            return {"kind": "standing", "purpose": AD_AUDIENCES} | data
        return data

    @model_validator(mode="after")
    def _own_purpose(self) -> Self:
        if (self.channel == "ads") != (self.purpose == AD_AUDIENCES):
            raise ValueError(f"'channel: ads' and 'purpose: {AD_AUDIENCES}' go together: other consent does not cover it")
        return self

    @model_validator(mode="after")
    def _of_a_message(self) -> Self:
        if self.kind == "standing":
            settings = {"repeat": "repeat" in self.model_fields_set, "quiet_days": self.quiet_days > 0}
            if strange := [name for name, given in settings.items() if given]:
                raise ValueError(f"'{strange[0]}' belongs to 'kind: message': a standing list keeps who is on it")
        return self

    @model_validator(mode="after")
    def _of_a_draw(self) -> Self:
        own = "holdout_share" if "holdout_share" in self.model_fields_set else "stratify_by" if self.stratify_by else None
        if own and self.holdout != "campaign":
            raise ValueError(f"'{own}' belongs to 'holdout: campaign', which draws a holdout of the campaign's own")
        if self.stratify_by and not self.holdout_share:
            raise ValueError("'stratify_by' needs a 'holdout_share' above 0: it says how the holdout is drawn")
        if self.transactional and self.holdout == "global":
            raise ValueError("'holdout: global' is not for transactional messages: they go to the global control group too")
        arms_that_add_up(self.arms)
        return self

    @model_validator(mode="after")
    def _of_its_time(self) -> Self:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValueError(f"'ends' ({self.ends}) lies before 'starts' ({self.starts}): no day is left")
        return self

    @property
    def own_holdout_share(self) -> float:
        """The share that is kept out by the campaign's own draw."""
        return self.holdout_share if self.holdout == "campaign" else 0.0

    @property
    def arm_shares(self) -> Mapping[str, float]:
        """Of those who are contacted, the share of each arm; empty where there is one message for all."""
        return {name: 1.0 / len(self.arms) if arm.share is None else arm.share for name, arm in self.arms.items()}

    def runs_on(self, day: date) -> bool:
        """Whether ``day`` lies between ``starts`` and ``ends``, both included."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)

    @model_validator(mode="after")
    def _assumes_in_words(self) -> Self:
        if self.value is not None and _NUMBER.search(_WINDOW.sub("", self.value)) and not self.value_assumption.strip():
            raise ValueError(
                f"'value: {self.value}' assumes a number: say in 'value_assumption' what it stands for and where it is from, "
                f"such as 'three of a hundred order; measured in spring'"
            )
        if self.value is None and self.value_assumption:
            raise ValueError("'value_assumption' without 'value': write what the assumption is used in")
        return self

    @model_validator(mode="after")
    def _counts_what_it_spends(self) -> Self:
        if self.budget is not None and not self.cost_per_contact:
            raise ValueError("'budget' needs 'cost_per_contact', an amount above 0: without it nothing is spent")
        return self

    @property
    def competes(self) -> bool:
        """Whether caps and decisions are about it: messages, but for transactional ones."""
        return self.kind == "message" and not self.transactional

    @model_validator(mode="after")
    def _answered_once(self) -> Self:
        """What may be made up for so many days must not come again within them."""
        again = self.repeat_after_days
        if self.kind == "message" and again is not None:
            for name, awaited in (("trigger", self.trigger), ("depends_on", self.depends_on)):
                if awaited is not None and awaited.within_days >= again:
                    raise ValueError(
                        f"'{name}.within_days' of {awaited.within_days} with 'repeat' after {again} days would answer one event "
                        f"twice: give 'repeat: {{after_days: {awaited.within_days + 1}}}' or more"
                    )
        return self

    @property
    def repeat_after_days(self) -> int | None:
        """How many days must lie between two of these messages to one person; None = there is no second one."""
        return None if isinstance(self.repeat, str) else self.repeat.after_days


class CampaignsConfig(Model):
    """``campaigns`` by name, the ``decision`` who gets which of them, and ``experiments`` that were run elsewhere, by name."""

    campaigns: dict[Name, Campaign]
    decision: Decision = Decision()
    experiments: dict[Name, Experiment] = Field(default_factory=dict)
