"""The notebook's segments and audiences; the rules are those of ``project/config``."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.notebook_files import AS_OF, END, key, read
from benchmarks.reference_sql import CAMPAIGNS, Campaign

_ADDRESS = {"email": ["email"], "sms": ["phone"], "post": ["street", "zip", "city", "country"]}


def add_segments(table: pd.DataFrame) -> None:
    """Lifecycle, value tier and country."""
    recency, tenure = table["recency_days"], table["tenure_days"]
    lifecycle = {
        "prospect": table["frequency"] == 0,
        "new": tenure <= 60,
        "reactivated": (table["last_gap_days"] > 180) & (recency <= 60),
        "active": recency <= 90,
        "at_risk": recency <= 180,
        "dormant": recency <= 365,
    }
    table["lifecycle"] = np.select(list(lifecycle.values()), list(lifecycle), "lost")
    platinum, gold, silver = table["clv"].quantile([0.95, 0.8, 0.5])
    clv = table["clv"]
    tiers = [clv >= platinum, clv >= gold, clv >= silver, clv.notna()]
    table["value_tier"] = pd.Series(np.select(tiers, ["platinum", "gold", "silver", "bronze"], ""), index=table.index)
    sizes = table["country"].value_counts()
    large = table["country"].isin(sizes[sizes >= 20].index)
    table["country_segment"] = table["country"].str.lower().where(large | table["country"].isna(), "other")


def write_audiences(raw: Path, table: pd.DataFrame, customers: pd.DataFrame, folder: Path) -> dict[str, int]:
    """A file per campaign with its treatment arm; the size of each audience, holdout included."""
    people = customers.set_index("customer_id")
    consented, contacts = _consented(raw), _contacts(raw)
    suppressed = read(raw, "suppressions")
    suppressed = set(key(suppressed.loc[suppressed["suppressed_at"] < END, "customer_id"]))
    sizes = {}
    for name, campaign in CAMPAIGNS.items():
        chosen = table[_rule(name, table)]
        chosen = chosen[_reachable(people.loc[chosen.index], campaign.channel) & ~chosen.index.isin(suppressed)]
        chosen = chosen[chosen.index.isin(consented[campaign.channel])]
        if campaign.quiet_days:
            quiet = contacts["contacted_at"].dt.normalize() > AS_OF - pd.Timedelta(days=campaign.quiet_days)
            chosen = chosen[~chosen.index.isin(contacts.loc[quiet, "customer_id"])]
        chosen = chosen.sort_values(campaign.rank_by, ascending=False).head(campaign.limit or len(chosen))
        treated = chosen.index[[not _held_out(name, campaign, customer) for customer in chosen.index]]
        people.loc[treated, ["first_name", "last_name", *_ADDRESS[campaign.channel]]].to_csv(folder / f"{name}.csv")
        sizes[name] = len(chosen)
    return sizes


def _rule(name: str, table: pd.DataFrame) -> pd.Series:
    frequency, recency, tenure = table["frequency"], table["recency_days"], table["tenure_days"]
    rules = {
        "win_back": table["lifecycle"].isin(["at_risk", "dormant"]) & (frequency >= 2) & (table["monetary"] >= 50),
        "vip_early_access": table["value_tier"].isin(["platinum", "gold"]) & table["lifecycle"].isin(["active", "reactivated"]),
        "welcome_series": (table["lifecycle"] == "new") & (frequency == 1) & tenure.between(3, 30),
        "cross_sell": (frequency >= 2) & (recency <= 180) & (table["share_web"].round(6) >= 0.3) & (table["app"] == 0),
        "birthday_month": (table["birth_month"] == AS_OF.month) & (frequency >= 1) & (recency <= 730),
    }
    return rules[name]


def _reachable(people: pd.DataFrame, channel: str) -> pd.Series:
    if channel == "email":
        return people["email"].str.strip().str.fullmatch(r"[^@\s,;]+@([^@\s,;.]+\.)+[^@\s,;.]{2,}").fillna(False).astype(bool)
    if channel == "sms":
        bare = people["phone"].str.replace(r"[\s()./-]+", "", regex=True)
        return bare.str.fullmatch(r"\+?[0-9]{8,15}").fillna(False).astype(bool)
    return (people[["street", "zip", "city"]].fillna("") != "").all(axis=1)


def _consented(raw: Path) -> dict[str, set[str]]:
    """By channel, those whose last word on it is a yes."""
    ledger = read(raw, "consents")
    ledger = ledger[ledger["event"].notna() & (ledger["at"] < END) & (ledger["purpose"] == "marketing")]
    ledger = ledger.assign(customer_id=key(ledger["customer"]), no=ledger["event"] != "opt_in")
    last = ledger.sort_values(["at", "no"]).drop_duplicates(["customer_id", "channel"], keep="last")
    return {str(channel): set(rows["customer_id"]) for channel, rows in last[~last["no"]].groupby("channel")}


def _contacts(raw: Path) -> pd.DataFrame:
    contacts = read(raw, "campaign_contacts")
    contacts = contacts[(contacts["arm"] == "treatment") & (contacts["contacted_at"] < END)]
    return contacts.assign(customer_id=key(contacts["customer_id"]))


def _held_out(name: str, campaign: Campaign, customer: str) -> bool:
    digest = hashlib.md5(f"{customer}|{name}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") % 1000 < campaign.holdout * 1000
