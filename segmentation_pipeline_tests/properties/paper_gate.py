"""Who may be written to, told from the files as a clerk with the paper ledgers would: Python's csv and json, no pipeline.

Kept naive on purpose: a no is a no, whenever it was said and however it is spelled.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

AS_OF = "2026-06-30"
_UNSEEN = "\u200b\u00a0 "
_YES = ("granted", "optin")


@dataclass
class Verdict:
    """By account: ``barred`` may not be in a file, ``willing`` must be (or somebody willing at the same address)."""

    accounts: dict[str, str] = field(default_factory=dict)
    """The e-mail address of each account."""
    barred: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    """Where nobody may be written to: somebody who has the address said no."""
    willing: set[str] = field(default_factory=set)
    person: dict[str, str] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)
    """One name for all accounts of people who live together."""
    noes: int = 0

    def reached(self, contacted: Collection[str], addresses: Collection[str]) -> set[str]:
        """The persons who are in a list, or whose own address is, for it may be somebody else's too.

        It is that of the smallest of their accounts (all are known since one day), whatever addresses the others have.
        """
        return {person for person in self.person.values() if person in contacted or self.accounts[person] in addresses}


def verdict(project: Path, as_of: str = AS_OF) -> Verdict:
    raw, found = project / "data" / "raw", Verdict()
    customers = list(_csv(raw / "customers.csv"))
    found.accounts = {row["customer_id"]: row["email"] for row in customers}
    identities = list(_csv(raw / "identities.csv"))
    found.person = _joined(found.accounts, identities, ("loyalty_card",))
    found.home = _joined(found.accounts, identities, ("loyalty_card", "phone"))
    names: dict[str, set[str]] = {}
    for row in customers:
        key, email, phone = row["customer_id"], row["email"], row["phone"]
        for name in (key, email, phone, phone.replace("+49", "0"), _digest(email), _digest(phone)):
            names.setdefault(_bare(name), set()).add(key)

    said_no: set[str] = set()
    said_yes: set[str] = set()
    consents = [*_csv(raw / "consents.csv"), *_jsonl(raw / "consents.jsonl")]
    for row in consents:
        who = {key for column in ("customer_id", "email", "phone") for key in names.get(_bare(row.get(column) or ""), ())}
        if _is_yes(row):
            said_yes |= {row["customer_id"]} if _is_sound(row, as_of) else set()
        elif _about_this(row):
            said_no |= who
            found.noes += 1
    for row in _csv(raw / "suppressions.csv"):
        over = "2026-05-01" <= row["ends_on"] < as_of
        if not over and _bare(row["channel"]) not in ("sms",):
            said_no |= {key for column in ("customer_id", "email", "phone") for key in names.get(_bare(row[column]), ())}
            found.noes += 1
    said_no |= {row["customer_id"] for row in _csv(raw / "restrictions.csv")}

    persons = {found.person[key] for key in said_no}
    found.addresses = {found.accounts[key] for key in said_no}
    for key, email in found.accounts.items():
        if found.person[key] in persons or email in found.addresses:
            found.barred.add(key)
    # Of a person with several accounts each must have agreed, so that it does not matter which address is used.
    members: dict[str, set[str]] = {}
    for key, person in found.person.items():
        members.setdefault(person, set()).add(key)
    for keys in members.values():
        if keys <= said_yes and not keys & found.barred:
            found.willing |= keys
    return found


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _jsonl(path: Path) -> Iterator[dict[str, str]]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def _is_yes(row: dict[str, str]) -> bool:
    return _bare(row.get("status") or "") in _YES


def _is_sound(row: dict[str, str], as_of: str) -> bool:
    at = row.get("occurred_at") or ""
    sound = _bare(row["status"]) == "granted" and at.startswith("2026-0") and at[:10] <= as_of
    return sound and _bare(row.get("channel") or "") == "email" and _bare(row.get("purpose") or "") == "marketing"


def _about_this(row: dict[str, str]) -> bool:
    """Whether a no may be meant for marketing by e-mail; one to profiling is."""
    purpose = _bare(row.get("purpose") or "")
    return purpose == "profiling" or (_bare(row.get("channel") or "") != "sms" and purpose != "surveys")


def _bare(text: str) -> str:
    return text.strip(_UNSEEN).lower().replace("-", "").replace(" ", "")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _joined(accounts: dict[str, str], identities: list[dict[str, str]], kinds: tuple[str, ...]) -> dict[str, str]:
    """The smallest account of each person, or home: those with one card are one, with one telephone live together, also over
    others."""
    leader = {key: key for key in accounts}

    def first(key: str) -> str:
        while leader[key] != key:
            key = leader[key]
        return key

    cards: dict[str, str] = {}
    for row in (row for row in identities if row["kind"] in kinds):
        one, other = first(cards.setdefault(row["identifier"], row["customer_id"])), first(row["customer_id"])
        leader[max(one, other)] = min(one, other)
    return {key: first(key) for key in accounts}
