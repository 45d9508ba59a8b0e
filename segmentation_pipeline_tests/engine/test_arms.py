"""Draws of arms are the same on every engine, and those of a clerk who works them out from the definition."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from datetime import date

import ibis

from segmentation_pipeline.campaigns.arms import first_drawn, with_arms
from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline_tests.campaigns import shop

PEOPLE = {f"c{n:03}": ("gold", "silver", "unknown")[n * n % 3] for n in range(150)}
EARLIER = {f"c{n:03}": "holdout" if n % 5 == 0 else "plain" for n in range(40)}
SHARE, SALT = 0.13, shop.PRIVACY.salt


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def by_the_clerk() -> dict[str, str]:
    """Ledger rows stay; newcomers go on from them, stratum by stratum, in the order that is asked for, which is drawn among
    as many as hold one to be held out."""
    drawn = dict(EARLIER)
    position = Counter(PEOPLE[customer] for customer in EARLIER)
    rank: Counter[str] = Counter()
    turns = []
    for customer in sorted(PEOPLE.keys() - EARLIER.keys(), reverse=True):
        turns.append((math.floor(rank[PEOPLE[customer]] * SHARE), digest(f"{SALT}|turn|spring|{customer}"), customer))
        rank[PEOPLE[customer]] += 1
    for _, _, customer in sorted(turns):
        tier = PEOPLE[customer]
        offset = int(digest(f"{SALT}|offset|spring|tier={tier}")[:6], 16) / 16**6
        place, position[tier] = position[tier], position[tier] + 1
        held_out = math.floor((place + 1.0) * SHARE + offset) > math.floor(place * SHARE + offset)
        first = digest(f"{SALT}|arms|spring|{customer}") < f"{int(0.6 * 16**12):012x}"
        drawn[customer] = "holdout" if held_out else "plain" if first else "voucher"
    return drawn


def test_arms_in_strata_are_those_of_the_definition(engine):
    campaign = shop.campaign(holdout_share=SHARE, stratify_by=["tier"], arms={"plain": {"share": 0.6}, "voucher": {"share": 0.4}})
    rows = [(c, c, True, False, f"tier={tier}") for c, tier in PEOPLE.items()]
    people = shop.table(
        {"customer_id": "string", "unit": "string", "to_draw": "boolean", "in_control": "boolean", "stratum": "string"}, rows
    )
    schema = {"customer_id": "string", "account": "string", "arm": "string", "stratum": "string", "as_of": "date"}
    ledger = shop.table(schema, [(c, c, arm, f"tier={PEOPLE[c]}", date(2026, 3, 1)) for c, arm in EARLIER.items()])
    context = CampaignContext("spring", campaign, shop.PRIVACY, shop.AS_OF)
    known = first_drawn(ledger, shop.accounts(*PEOPLE), None, "email")
    found = {
        row["customer_id"]: row["arm"] for row in engine.rows(with_arms(people, context, known, [ibis.desc(people.customer_id)]))
    }
    assert found == by_the_clerk()
