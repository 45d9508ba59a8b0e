"""Small worlds of customers and badly kept ledgers, many of them side by side in one project.

A world is a few accounts and what its ledgers say of them, drawn by chance; worlds share no key and no address, so
that thousands of them are one run.  What may follow is told by ``paper_gate.py``, which reads the files.
"""

from __future__ import annotations

import csv
import json
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from random import Random

from segmentation_pipeline_tests.properties.paper_gate import AS_OF

CONFIG = {
    "pipeline.yaml": f"business: {{timezone: UTC, currency: EUR}}\nrun: {{start_date: {AS_OF}, as_of: {AS_OF}}}\n"
    "quality: {max_quarantined_share: 0.9, max_blanked_share: 0.9}\n",
    "privacy.yaml": "consent: required\nsalt: messy-worlds\n",
    "sources.yaml": "sources:\n  customers: {files: data/raw/customers.csv}\n  orders: {files: data/raw/orders.csv}\n"
    "  consents: {files: [data/raw/consents.csv, data/raw/consents.jsonl]}\n"
    "  suppressions: {files: data/raw/suppressions.csv}\n  restrictions: {files: data/raw/restrictions.csv}\n"
    "  identities: {files: data/raw/identities.csv}\n",
    "segmentations.yaml": "segmentations: {rfm: {kind: rfm, title: RFM}}\n",
    "campaigns.yaml": "campaigns:\n  news: {title: News, channel: email, audience: frequency >= 1, rank_by: monetary, "
    "holdout_share: 0.0}\n  homes: {title: Homes, channel: email, audience: frequency >= 1, rank_by: monetary, holdout_share: 0.0, "
    "one_per: household}\n",
}
GRANTS = ["granted", "granted", "GRANTED", " Granted "]
CHANNELS = ["email", "email", "E-Mail", "EMAIL "]
FAULTY_GRANTS = [
    {"status": "opt-in"},
    {"channel": "fax"},
    {"purpose": "raffle"},
    {"purpose": ""},
    {"occurred_at": "32.01.2026"},
    {"occurred_at": "2031-01-01 00:00:00"},
    {"channel": "sms"},
    {"purpose": "surveys"},
]
NOES = [
    {"status": "withdrawn"},
    {"status": "Withdrawn", "channel": "E-MAIL"},
    {"status": "withdrawn", "channel": "all", "purpose": "all"},
    {"status": "withdrawn", "channel": "fax"},
    {"status": "withdrawn", "channel": ""},
    {"status": "withdrawn", "purpose": ""},
    {"status": "withdrawn", "purpose": "raffle"},
    {"status": "withdrawn", "purpose": "profiling", "channel": "all"},
    {"status": "unsubscribed"},
    {"status": ""},
    {"status": "no"},
    {"status": "withdrawn", "occurred_at": ""},
    {"status": "withdrawn", "occurred_at": "31.02.2026"},
    {"status": "withdrawn", "occurred_at": "1970-01-01 00:00:00"},
    {"status": "withdrawn", "occurred_at": "2099-12-31 00:00:00"},
    {"status": "withdrawn", "occurred_at": "2026-07-01 00:30:00"},
    {"status": "pending", "purpose": "Marketing"},
]
OF_SOMETHING_ELSE = [{"status": "withdrawn", "channel": "sms"}, {"status": "withdrawn", "purpose": "surveys"}]
LISTED = [
    {},
    {"channel": "email"},
    {"channel": "mail"},
    {"channel": "all"},
    {"suppressed_at": ""},
    {"suppressed_at": "soon"},
    {"suppressed_at": "2031-05-01"},
    {"suppressed_at": "2026-07-01"},
    {"ends_on": "2026-06-30"},
    {"ends_on": "never"},
    {"ends_on": "9999-12-31"},
    {"ends_on": "0001-01-01"},
]
NOT_LISTED = [{"channel": "sms"}, {"ends_on": "2026-06-29"}]
CONSENT = ("customer_id", "email", "phone", "channel", "purpose", "status", "occurred_at")
SUPPRESSION = ("customer_id", "email", "phone", "channel", "suppressed_at", "ends_on")


class Worlds:
    """The rows of ``number`` worlds, drawn with ``seed``."""

    def __init__(self, number: int, seed: int) -> None:
        self._chance = Random(seed)
        self.customers: list[dict[str, str]] = []
        self.consents: list[dict[str, str]] = []
        self.suppressions: list[dict[str, str]] = []
        self.restrictions: list[dict[str, str]] = []
        self.identities: list[dict[str, str]] = []
        for world in range(number):
            self._world(f"w{seed}x{world}")

    def _world(self, name: str) -> None:
        chance, accounts = self._chance, []
        for place in range(chance.randint(1, 4)):
            key = f"{name}a{place}"
            shared = bool(accounts) and chance.random() < 0.25
            email = chance.choice(accounts)["email"] if shared else f"{key}@mail.test"
            accounts.append({"customer_id": key, "email": email, "phone": f"+49151{chance.randrange(10**8):08}"})
        self.customers += accounts
        for one, other in pairwise(accounts):
            if chance.random() < 0.2:
                self._one_person(one["customer_id"], other["customer_id"])
            elif chance.random() < 0.2:
                self._couple(one["customer_id"], other["customer_id"])
        for account in accounts:
            if chance.random() < 0.8:
                self._consent(account, chance.choice(GRANTS), "2026-01-15 10:00:00", {"channel": chance.choice(CHANNELS)})
            if chance.random() < 0.15:
                self._consent(account, "granted", "2026-02-01 00:00:00", chance.choice(FAULTY_GRANTS))
            if chance.random() < 0.15:
                self._consent(account, "withdrawn", "2026-03-01 00:00:00", chance.choice(OF_SOMETHING_ELSE))
            if chance.random() < 0.15:
                self._consent(account, "withdrawn", "2026-04-01 12:00:00", chance.choice(NOES))
            if chance.random() < 0.1:
                self._suppress(account, chance.choice(LISTED))
            if chance.random() < 0.1:
                self._suppress(account, chance.choice(NOT_LISTED))
            if chance.random() < 0.02:
                self.restrictions.append({"customer_id": account["customer_id"], "restricted_at": "2026-05-01"})

    def _consent(self, account: dict[str, str], status: str, at: str, said: dict[str, str]) -> None:
        grants = status.strip().lower() == "granted"
        row = {"channel": "email", "purpose": "marketing", "status": status, "occurred_at": at} | said
        self.consents.append(self._naming(account, CONSENT, clean=grants) | row)

    def _suppress(self, account: dict[str, str], said: dict[str, str]) -> None:
        self.suppressions.append(self._naming(account, SUPPRESSION, clean=False) | {"suppressed_at": "2026-05-01"} | said)

    def _naming(self, account: dict[str, str], columns: tuple[str, ...], *, clean: bool) -> dict[str, str]:
        """A row that names the account by its key or address; a no may spell it as people do."""
        chance, row = self._chance, dict.fromkeys(columns, "")
        key, email, phone = account["customer_id"], account["email"], account["phone"]
        if clean:
            return row | chance.choice([{"customer_id": key}, {"customer_id": key}, {"customer_id": key, "email": email}])
        ways = [
            {"customer_id": key},
            {"customer_id": key},
            {"customer_id": f" {key.upper()}"},
            {"customer_id": f"\u00a0{key}\u200b"},
            {"customer_id": email.upper()},
            {"email": f" {email.title()} "},
            {"email": sha256(email.encode()).hexdigest()},
            {"customer_id": "somebody else", "email": email},
            {"phone": phone.replace("+49151", "0151 ")},
            {"phone": sha256(phone.encode()).hexdigest()},
        ]
        return row | chance.choice(ways)

    def _one_person(self, one: str, other: str) -> None:
        for key in (one, other):
            self._identity(key, "loyalty_card", f"card {one} {other}")

    def _couple(self, one: str, other: str) -> None:
        """Two who each have a card of their own and share a telephone: a household."""
        telephone = f"+49152{23_125_042 + len(self.identities)}"
        for key in (one, other):
            self._identity(key, "loyalty_card", f"own {key}")
            self._identity(key, "phone", telephone)

    def _identity(self, key: str, kind: str, identifier: str) -> None:
        row = {"record_id": str(len(self.identities)), "customer_id": key, "system": "till", "kind": kind}
        self.identities.append(row | {"identifier": identifier, "seen_at": "2026-01-01 00:00:00"})

    def next_night(self, day: str) -> None:
        """What a day brings: noes of all kinds, rows taken out of the ledgers, and refused rows put right."""
        chance = self._chance
        for account in self.customers:
            if chance.random() < 0.05:
                self._consent(account, "withdrawn", f"{day} 08:00:00", chance.choice(NOES))
            if chance.random() < 0.03:
                self._suppress(account, chance.choice(LISTED))
        self.suppressions = [row for row in self.suppressions if chance.random() > 0.05]
        self.consents = [row for row in self.consents if chance.random() > 0.02]
        for row in self.consents:
            if row["status"] in ("unsubscribed", "", "no", "pending") and chance.random() < 0.2:
                row["status"] = "withdrawn"

    def write(self, project: Path) -> None:
        (project / "config").mkdir(parents=True)
        (project / "data" / "raw").mkdir(parents=True)
        for name, text in CONFIG.items():
            (project / "config" / name).write_text(text)
        self.deliver(project)

    def deliver(self, project: Path) -> None:
        """Write the source files, in the place of those there are."""
        raw = project / "data" / "raw"
        orders = [
            {"order_id": f"o{n}", "customer_id": customer["customer_id"], "ordered_at": "2026-06-10 12:00:00", "amount": "50.00"}
            for n, customer in enumerate(self.customers)
        ]
        half = len(self.consents) // 2
        tables = {
            "customers": (self.customers, ("customer_id", "email", "phone")),
            "orders": (orders, ("order_id", "customer_id", "ordered_at", "amount")),
            "consents": (self.consents[:half], CONSENT),
            "suppressions": (self.suppressions, SUPPRESSION),
            "restrictions": (self.restrictions, ("customer_id", "restricted_at")),
            "identities": (self.identities, ("record_id", "customer_id", "system", "kind", "identifier", "seen_at")),
        }
        for name, (rows, columns) in tables.items():
            with (raw / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows)
        lines = [json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) for row in self.consents[half:]]
        (raw / "consents.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
