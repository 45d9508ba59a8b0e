"""What customers tell the shop: a yearly survey, and requests to the support.

What benefit customers seek shows in what they buy (``BENEFIT_LEANINGS``); their lifestyle shows in nothing but
their answers.  What they think of the shop goes with whether they recommend it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from segmentation_pipeline.demo.traits import values

ANSWERED = 0.3
"""Share of customers who filled in the survey."""
SUPPORT_DAYS = 400


@dataclass(frozen=True, slots=True)
class OpinionTrait:
    """Answers to the recommendation item lie between ``lowest`` and ``highest``; ``trust``: agreement (1 to 5) with its items."""

    name: str
    share: float
    lowest: int
    highest: int
    trust: float


@dataclass(frozen=True, slots=True)
class BenefitTrait:
    """What is sought: agreement (1 to 5) with the items about price, quality and ease."""

    name: str
    share: float
    price: float
    quality: float
    ease: float


@dataclass(frozen=True, slots=True)
class LifestyleTrait:
    """Agreement (1 to 5) with the items about an active life and about a cosy home."""

    name: str
    share: float
    active: float
    cosy: float


@dataclass(frozen=True, slots=True)
class ValueTrait:
    """How often (1 never to 5 always) the customer does what the items about sustainability ask for."""

    name: str
    share: float
    sustainability: float


@dataclass(frozen=True, slots=True)
class SupportTrait:
    """Requests per year and how satisfied they end, ``lowest`` to ``lowest`` + 1."""

    name: str
    share: float
    per_year: float
    lowest: int


OPINION_TRAITS = (
    OpinionTrait("promoter", 0.40, 9, 10, 4.4),
    OpinionTrait("passive", 0.35, 7, 8, 3.1),
    OpinionTrait("detractor", 0.25, 0, 6, 1.8),
)
BENEFIT_TRAITS = (
    BenefitTrait("saver", 0.40, 4.5, 2.4, 2.6),
    BenefitTrait("connoisseur", 0.35, 2.2, 4.5, 2.8),
    BenefitTrait("convenience_seeker", 0.25, 2.6, 2.7, 4.5),
)
SUPPORT_TRAITS = (
    SupportTrait("content", 0.62, 0.0, 4),
    SupportTrait("asking", 0.28, 1.2, 4),
    SupportTrait("troubled", 0.10, 6.0, 1),
)
LIFESTYLE_TRAITS = (
    LifestyleTrait("outgoing", 0.40, 4.4, 2.2),
    LifestyleTrait("homebody", 0.35, 2.2, 4.4),
    LifestyleTrait("unsettled", 0.25, 2.0, 2.0),
)
VALUE_TRAITS = (
    ValueTrait("convinced", 0.30, 4.4),
    ValueTrait("open", 0.40, 3.0),
    ValueTrait("indifferent", 0.30, 1.6),
)
ITEMS_PER_CONSTRUCT = 3
REVERSED = "trust_3"
"""The item that asks for the opposite."""
FREQUENCIES = ("never", "rarely", "sometimes", "often", "always")
"""Answers to the items about sustainability are chosen from these, the others are points."""
BENEFIT_LEANINGS = {
    "bargain_hunter": "saver",
    "category_specialist": "connoisseur",
    "seasonal_gifter": "connoisseur",
    "champion": "convenience_seeker",
}
"""By type of shopper: the benefit most of them seek."""


def create_voice(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Tables ``shop_surveys`` (one row per answer) and ``shop_support`` (one row per request), times local."""
    _surveys(con, as_of)
    _support(con, as_of)


def _surveys(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    opinions = [(t.name, t.lowest, t.highest, t.trust) for t in OPINION_TRAITS]
    benefits = [(t.name, t.price, t.quality, t.ease) for t in BENEFIT_TRAITS]
    lifestyles = [(t.name, t.active, t.cosy) for t in LIFESTYLE_TRAITS]
    sustainable = [(t.name, t.sustainability) for t in VALUE_TRAITS]
    con.execute(f"""
        CREATE TABLE shop_surveys AS
        WITH opinion(opinion_trait, lowest, highest, trust) AS (VALUES {values(opinions)}),
        benefit(benefit_trait, price, quality, ease) AS (VALUES {values(benefits)}),
        lifestyle(lifestyle_trait, active, cosy) AS (VALUES {values(lifestyles)}),
        worth(value_trait, sustainability) AS (VALUES {values(sustainable)}),
        answered AS (
            SELECT c.i, o.*, b.*, s.*, w.*,
                   at_daytime(DATE '{as_of}' - 10 - floor(340 * u(c.i, 0, 'survey day'))::INTEGER,
                              u(c.i, 0, 'survey time')) AS moment
            FROM shop_customers c JOIN traits USING (i) JOIN opinion o USING (opinion_trait) JOIN benefit b USING (benefit_trait)
                 JOIN lifestyle s USING (lifestyle_trait) JOIN worth w USING (value_trait)
            WHERE u(c.i, 0, 'answers') < {ANSWERED} AND c.event < DATE '{as_of}' - 360),
        answers AS (
            SELECT i, moment, 'nps' AS item, floor(lowest + (highest - lowest + 1) * u(i, 0, 'nps')) AS value FROM answered
            UNION ALL
            SELECT i, moment, construct || '_' || n,
                   greatest(1, least(5, round(mean + 1.2 * (u(i, n, construct) + u(i, n + 9, construct) - 1))))
            FROM (UNPIVOT answered ON price, quality, ease, trust, active, cosy, sustainability
                  INTO NAME construct VALUE mean),
                 range(1, {ITEMS_PER_CONSTRUCT + 1}) t(n))
        SELECT moment AS event, format('A{{:07d}}', i) AS response, customer_no(i) AS customer, item, moment,
               CASE WHEN item = '{REVERSED}' THEN 6 - value WHEN item NOT LIKE 'sustainability%' THEN value END AS value,
               CASE WHEN item LIKE 'sustainability%' THEN {list(FREQUENCIES)}[value::INTEGER] END AS choice
        FROM answers""")


def _support(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    since = as_of - timedelta(days=SUPPORT_DAYS - 1)
    traits = [(t.name, t.per_year, t.lowest) for t in SUPPORT_TRAITS]
    con.execute(f"""
        CREATE TABLE shop_support AS
        WITH trait(support_trait, per_year, lowest) AS (VALUES {values(traits)}),
        present AS (
            SELECT c.i, t.*, greatest(c.event::DATE + 1, DATE '{since}') AS first_day
            FROM shop_customers c JOIN traits USING (i) JOIN trait t USING (support_trait)),
        slots AS (
            SELECT *, unnest(range(floor(per_year * (DATE '{as_of}' - first_day + 1) / 365.25
                                         + u(i, 0, 'requests'))::BIGINT)) AS k
            FROM present WHERE first_day <= DATE '{as_of}' AND per_year > 0),
        opened AS (
            SELECT *, at_daytime(first_day + floor((DATE '{as_of}' - first_day + 1) * u(i, k, 'request day'))::INTEGER,
                                 u(i, k, 'request time')) AS moment FROM slots),
        closed AS (SELECT *, moment + to_seconds(3600 + floor(500000 * u(i, k, 'settled'))::BIGINT) AS settled FROM opened),
        asked AS (SELECT *, settled + to_seconds(1800 + floor(200000 * u(i, k, 'answered'))::BIGINT) AS said,
                         u(i, k, 'rates') < 0.7 AND said < TIMESTAMP '{as_of} 23:00:00' AS answers FROM closed)
        SELECT moment AS event, format('T{{:07d}}{{:03d}}', i, k) AS ticket, customer_no(i) AS customer, moment AS opened,
               CASE WHEN settled < TIMESTAMP '{as_of} 23:00:00' THEN settled END AS closed,
               pick(['delivery', 'return', 'payment', 'product'], u(i, k, 'topic')) AS topic,
               CASE WHEN answers THEN (lowest + floor(2 * u(i, k, 'satisfied')))::INTEGER END AS satisfaction,
               CASE WHEN answers THEN said END AS answered
        FROM asked""")
