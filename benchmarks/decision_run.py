"""``python -m benchmarks.decision_run PEOPLE CAMPAIGNS FILE``: share people out by value and write what it came to."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.campaigns.budget import Prices
from segmentation_pipeline.campaigns.contacts_of_day import ContactsOfDay
from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.campaigns.money import Purse
from segmentation_pipeline.campaigns.sharing import shared_by_value
from segmentation_pipeline.campaigns.within_limits import Share
from segmentation_pipeline.config.schema import Campaign, Decision, PrivacyConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.hash_sampling import sampling_hash

CHANNELS = ("email", "sms", "post")
COSTS = {"email": Decimal("0.01"), "sms": Decimal("0.07"), "post": Decimal("0.80")}
PRIVACY, AS_OF = PrivacyConfig(salt="benchmark-salt"), date(2026, 6, 30)
PER_PERSON = Decimal("0.05")
"""Money a day for each person there is: a quarter of what contacting everybody would cost."""


def _uniform(text: ir.StringValue, salt: str) -> ir.FloatingValue:
    """A number between 0 and 1 for each id and salt."""
    digits = sampling_hash(text, salt).substr(0, 4)
    places = [digits.substr(at, 1) for at in range(4)]
    value = ibis.literal(0.0)
    for at, sign in enumerate(places):
        value = value + ibis.literal("0123456789abcdef").find(sign) / float(16 ** (at + 1))
    return value


def campaigns(number: int, people: int) -> dict[str, Campaign]:
    """Every third has a limit, every fifth money of its own."""
    made = {}
    for at in range(number):
        channel = CHANNELS[at % len(CHANNELS)]
        made[f"campaign_{at:02d}"] = Campaign(
            title=f"Campaign {at}",
            channel=channel,  # type: ignore[arg-type]
            audience="true",
            holdout_share=0.0,
            value="0.03 * clv",
            value_assumption="generated",
            cost_per_contact=COSTS[channel],
            limit=people // 50 if at % 3 == 0 else None,
            budget=PER_PERSON * people / 20 if at % 5 == 0 else None,
        )
    return made


def judged(ids: ir.Table, name: str, campaign: Campaign) -> ir.Table:
    """Whom a gate let pass: half of the people, with gains of which few are large."""
    known = ids.mutate(u=_uniform(ids.customer_id, name), v=_uniform(ids.customer_id, f"value of {name}"))
    open_to = known.filter(known.u < 0.5)
    gain = 0.1 / (open_to.v + 0.02) - float(campaign.cost_per_contact or 0)
    return open_to.select("customer_id", gain=gain, stopped=ibis.null("string"), arm=ibis.literal("treatment")).filter(
        ibis._.gain > 0
    )


def main(people: int, number: int, result: Path) -> None:
    engine = DuckDBEngine(None)
    with ExitStack() as held:
        numbers = ibis.range(people).unnest().name("n").as_table()
        ids = numbers.mutate(customer_id="C" + numbers.n.cast("string").lpad(9, "0"))
        everybody = held.enter_context(engine.staged(ids.select("customer_id")))

        @cache
        def places(channel: str) -> ir.Table:
            return held.enter_context(
                engine.staged(everybody.mutate(address=ibis.literal(f"{channel} ") + everybody.customer_id))
            )

        asked = campaigns(number, people)
        shares = []
        for position, (name, campaign) in enumerate(asked.items()):
            context = CampaignContext(name, campaign, PRIVACY, AS_OF, decision=Decision(by="value"))
            shares.append(Share(context, position, held.enter_context(engine.staged(judged(everybody, name, campaign)))))
        purse = Purse(PER_PERSON * people)
        found = shared_by_value(engine, shares, ContactsOfDay(engine, places, held), purse, held)
        pairs = held.enter_context(
            engine.staged(
                ibis.union(
                    *(
                        s.judged.select("customer_id", "gain", position=ibis.literal(s.position, "int32").cast("int64"))
                        for s in shares
                    )
                )
            )
        )
        earned = engine.rows(
            pairs.semi_join(found.assigned, ["customer_id", "position"]).agg(gain=ibis._.gain.sum(), n=ibis._.count())
        )[0]
        bound = _bound(engine, pairs, shares, found.round_prices, purse)
        result.write_text(
            json.dumps(
                {
                    "pairs": engine.count(pairs),
                    "contacts": int(earned["n"]),
                    "earned": float(earned["gain"]),
                    "bound": bound,
                    "spent": float(sum(purse.spent.values())),
                    "budget": float(purse.total or 0),
                    "price": found.prices.get(None, 0.0),
                }
            )
        )
    engine.close()


def _bound(engine: DuckDBEngine, pairs: ir.Table, shares: list[Share], prices: Prices, purse: Purse) -> float:
    """No choice earns more: whatever the prices, what everybody gains on top of them and what is scarce is worth."""
    cost = np.array([float(share.context.campaign.cost_per_contact or 0) for share in shares])
    off = prices.of_contact(cost)
    terms = engine.memtable(
        {"position": [s.position for s in shares], "off": [float(x) for x in off]}, {"position": "int64", "off": "float64"}
    )
    scored = pairs.inner_join(terms, "position").mutate(score=ibis._.gain - ibis._.off)
    best = scored.group_by("customer_id").agg(best=ibis._.score.max())
    people = float(engine.rows(best.agg(total=ibis.greatest(best.best, 0.0).sum()))[0]["total"])
    limits = sum(float(p) * (s.context.campaign.limit or 0) for p, s in zip(prices.contacts, shares, strict=True))
    budgets = sum(float(p) * float(s.context.campaign.budget or 0) for p, s in zip(prices.budgets, shares, strict=True))
    return people + limits + budgets + prices.money * float(purse.total or 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
