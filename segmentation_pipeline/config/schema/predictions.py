"""``models.yaml``: what is foretold of customers, one entry per model."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from segmentation_pipeline.config.schema.base import Model, Name, Names, RuleText

OF_ORDERS = ("no_order", "orders", "revenue")
"""What can be foretold of orders."""
EVENT = re.compile(r"event\(\s*(?P<source>[a-z_]+)\s*(,\s*(?P<when>.+?)\s*)?\)\Z", re.DOTALL)
"""``event(source)`` or ``event(source, condition)``."""
OF_SEGMENT = re.compile(r"(?P<form>enters|lookalike)\(\s*(?P<segmentation>\w+)\s*,\s*(?P<segment>[^,()]+?)\s*\)\Z")
"""``enters(segmentation, segment)`` or ``lookalike(segmentation, segment)``."""
OF_CAMPAIGN = re.compile(r"response\(\s*(?P<campaign>\w+)\s*\)\Z")
"""``response(campaign)``."""


class PredictiveModel(Model):
    """A model that foretells something of every customer for whom the rule ``for`` holds.

    ``predicts``: ``no_order`` (the probability of no completed order), ``orders`` (completed orders), ``revenue`` (paid for
    them, less refunds), or ``event(source, condition)`` (the probability of a row of a source of events for which the
    condition on its columns holds), each within ``horizon_days`` after the day; ``enters(segmentation, segment)`` (the
    probability that somebody who is not in the segment is in it so many days later); ``response(campaign)`` (the probability of
    an order in so many days after the campaign's message); or ``lookalike(segmentation, segment)`` (how likely somebody who is
    not in the segment would be in it, by everything but what defines it).  ``features``: ``all`` that are on, personal
    attributes left out, or the columns by name.  ``baseline`` is the column that alone must be outdone.

    It learns from the same customers on ``cutoffs`` earlier days, of at most about ``sample_size`` customers each, is
    calibrated on later days and judged on the last ``horizon_days``; ``embargo_days`` lie between.  A lookalike is learnt from
    a part of the customers of the day and judged on others, a response from the people the campaign contacted, each the first
    time, and judged on later days where there are enough.  It is fitted anew after ``refit_days``, or when its entry changes,
    and with ``refit_on_drift`` on each day on which the customers it scores are not of the kind it was judged on.  ``champion``
    names the version that scores, whatever else has been learnt.  ``accept_alarm`` is the reason why an alarm of leakage is
    none.

    With ``periods`` it is foretold when within the horizon: the model learns the hazard of each of so many periods of equal
    length.  That is for what happens on a day, an event or an order (``no_order``: none), and ``periods`` divides
    ``horizon_days``, which the configuration is checked for.
    """

    predicts: Annotated[
        str,
        Field(
            pattern=r"^(no_order|orders|revenue|event\(\s*[a-z_]+\s*(,\s*[\s\S]+)?\)|"
            r"(enters|lookalike)\(\s*\w+\s*,\s*[^,()]*[^,()\s]\s*\)|response\(\s*\w+\s*\))$",
            description="no_order, orders, revenue, event(source, condition), enters(segmentation, segment), response(campaign) "
            "or lookalike(segmentation, segment)",
        ),
    ]
    horizon_days: Annotated[int, Field(ge=7, le=730)] = 90
    periods: Annotated[int, Field(ge=2, le=12)] | None = None
    for_: RuleText = Field("frequency >= 1", alias="for")
    features: Literal["all"] | Names = "all"
    baseline: str = "recency_days"
    cutoffs: Annotated[int, Field(ge=1, le=12)] = 3
    sample_size: Annotated[int, Field(ge=100, le=100_000)] = 20_000
    embargo_days: Annotated[int, Field(ge=0, le=90)] = 7
    refit_days: Annotated[int, Field(ge=1, le=365)] = 30
    refit_on_drift: bool = False
    champion: Annotated[str, Field(pattern="^[0-9a-f]{12}$", description="a version of model_registry")] | None = None
    accept_alarm: Annotated[str, Field(min_length=10)] | None = None

    @property
    def event(self) -> tuple[str, str | None] | None:
        """The source of events and the condition that are foretold; None where it is orders."""
        found = EVENT.match(self.predicts)
        return (found["source"], found["when"]) if found else None

    @property
    def segment(self) -> tuple[str, str] | None:
        """The segmentation and the segment that are foretold; None where it is something else."""
        found = OF_SEGMENT.match(self.predicts)
        return (found["segmentation"], found["segment"].strip("'")) if found else None

    @property
    def campaign(self) -> str | None:
        """The campaign whose response is foretold; None where it is something else."""
        found = OF_CAMPAIGN.match(self.predicts)
        return found["campaign"] if found else None

    @property
    def says_nothing_of(self) -> tuple[str, ...]:
        """Keys that say nothing of what is foretold: a lookalike is learnt from one day, a response from those of a campaign."""
        of_cutoffs = ("cutoffs", "embargo_days")
        return ("horizon_days", *of_cutoffs) if self.is_lookalike else of_cutoffs if self.campaign else ()

    @property
    def is_of_a_day(self) -> bool:
        """Whether what is foretold, or an order where it is none, happens on a day, so that it can be foretold when."""
        return self.predicts == "no_order" or self.event is not None

    @property
    def period_ends(self) -> tuple[int, ...]:
        """The last day of each period, counted from the day on which customers are looked at; none without ``periods``."""
        if self.periods is None:
            return ()
        return tuple(self.horizon_days * number // self.periods for number in range(1, self.periods + 1))

    @property
    def is_lookalike(self) -> bool:
        """Whether nothing that comes is foretold, but who is like the members of a segment."""
        return self.predicts.startswith("lookalike")

    @property
    def is_probability(self) -> bool:
        """Whether it is foretold if something happens, not how much."""
        return self.predicts not in ("orders", "revenue")


class PredictionsConfig(Model):
    """``models.yaml``."""

    models: dict[Name, PredictiveModel]
