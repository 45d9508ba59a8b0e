"""How the effect of a campaign is measured, said before it starts; and experiments that were run elsewhere."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import MOST_DAYS, Amount, Model, Name, Names, RuleText, Texts
from segmentation_pipeline.contracts.labels import Arm, arm_read_as

OF_ORDERS = ("conversion", "orders", "revenue", "margin", "first_orders")
"""What is measured from orders, whatever else is."""
MONEY = ("revenue", "margin")
WINSORISED = "_winsorised"
"""What the name of a money metric ends in when amounts above a limit count as the limit."""
REPORTED = ("visited", "converted", "outcome_amount")
"""The columns of campaign_contacts that hold outcomes somebody else counted."""


class Outcome(Model):
    """Something that may follow a contact, as a metric of its own.

    ``source`` is a source of events: a person has the outcome who has a row of it in the window, for which ``when``, a
    rule over the columns of that row, holds.  ``column`` is one of the outcome columns of ``campaign_contacts`` instead, of
    experiments only.  ``better: lower`` is for what nobody wants more of, such as a complaint.
    """

    source: str | None = None
    when: RuleText | None = None
    column: Literal["visited", "converted", "outcome_amount"] | None = None
    better: Literal["higher", "lower"] = "higher"

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.source is None) == (self.column is None):
            raise ValueError("give either 'source' (and 'when') or 'column'")
        if self.when is not None and self.source is None:
            raise ValueError("'when' is a rule over the rows of a 'source'")
        return self


class CampaignMeasurement(Model):
    """What is measured and what decides; kept with the first day of the campaign, so that nobody chooses afterwards.

    ``metric`` decides, the others stand beside it, among them ``outcomes``, by name, that are no orders.  Outcomes are counted in
    ``window_days`` from the contact on.  ``by`` names segmentations by which results are told apart.  Amounts above the quantile
    ``winsorise_at`` of buyers' amounts in a window before the start count as that quantile in the metrics ``..._winsorised``.
    """

    metric: str = "conversion"
    window_days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 30
    by: Names = ()
    outcomes: dict[Name, Outcome] = Field(default_factory=dict)
    winsorise_at: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.995


class Experiment(Model):
    """A randomised comparison that was run elsewhere, whose contacts are in ``campaign_contacts``.

    ``title`` and ``description`` are shown with its results, ``channel`` and ``cost_per_contact`` count in what campaigns
    brought, ``measurement`` says how its effect is measured.

    ``campaigns`` are the names it has there (left out: its own); where there are several, the arm ``treatment`` of each
    goes by the campaign's name, and all share the control.  ``shares`` says how people were to be divided among the arms,
    those kept out (``holdout``) among them; only their proportions count.  To name a comparison here is to say that it was
    drawn by lot: contacts nobody says this of are shown as observational.  ``ends`` is the last day people were assigned.
    ``from_orders: false`` measures nothing from orders, for an experiment that came without any.
    """

    title: str
    description: str = ""
    campaigns: Texts = ()
    shares: Annotated[dict[str, Annotated[float, Field(gt=0.0)]], Field(min_length=2)]
    channel: str = "unknown"
    ends: date | None = None
    cost_per_contact: Amount | None = None
    from_orders: bool = True
    measurement: CampaignMeasurement = CampaignMeasurement()

    @model_validator(mode="after")
    def _has_control(self) -> Self:
        arms = [arm_read_as(arm) for arm in self.shares]
        if Arm.HOLDOUT.value not in arms or len(set(arms)) < len(arms):
            raise ValueError("'shares' must name each arm once, and 'holdout', who were kept out, among them")
        return self

    @property
    def planned(self) -> dict[str, float]:
        """The shares by arm as the contact log has it once it is read."""
        return {arm_read_as(arm): share for arm, share in self.shares.items()}

    def labels(self, name: str) -> tuple[str, ...]:
        """What its campaigns are called in the contact log, in lower case, where ``name`` is its own name."""
        return tuple(label.strip().lower() for label in self.campaigns or (name,))
