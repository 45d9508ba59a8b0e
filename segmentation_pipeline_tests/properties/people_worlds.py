"""Small worlds of people with several accounts, what their records share, and what somebody decided about them.

A world is up to three people who may share a home; worlds share no value, so that thousands of them are one resolution.
Beside what a file says each record keeps what it truly means, which only ``paper_identity.py`` may look at.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

NAMES = (
    ("Alexander", "Alex", "A.", "ALEXANDER"),
    ("Katharina", "Kati", "K."),
    ("Stefan", "Stephan", "S."),
    ("Robert", "Bob"),
    ("Martin", "Martin Paul"),
    ("Martina",),
    ("Jürgen", "Juergen", "Jurgen"),
)
"""Each line may be one person's; no name of two lines may."""
NO_NAME = ("", "n/a", "Gast")
NO_BIRTH_DATE = ("", "", "1900-01-01", "1970-01-01")
FOR_NONE = (
    # Eight kinds: noughts, digits in a row, n/a, none@, unknown@, one digit, keys in a row, a mailbox of a role; and a listed one.
    ("customer_key", "000000000"),
    ("customer_key", "0123456789"),
    ("customer_key", "n/a"),
    ("email", "none@{world}.test"),
    ("email", "unknown@{world}.test"),
    ("customer_key", "7777777"),
    ("customer_key", "qwertz"),
    ("email", "no-reply@{world}.test"),
    ("email", "kasse7@{world}.test"),
    ("phone", "+49 30 0000000"),
    ("phone", "000000000"),
    ("phone", "n/a"),
)
SETTINGS = {"identity": {"placeholders": ["kasse7@"], "default_region": "DE"}}
DAY_ZERO = date(2021, 1, 1)
LONG_AGO = date(2012, 1, 1)

Row = dict[str, str]
Value = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Account:
    """``group``: the line of ``NAMES`` its first name is of, None where it tells none; ``born``: None where it tells no date."""

    key: str
    first_name: str
    group: int | None
    birth_date: str
    born: str | None
    signed_up: date


@dataclass(frozen=True, slots=True)
class Record:
    """``value``: what the record truly says, the same for the same thing; None = nothing.  ``late``: delivered a night later."""

    account: str
    kind: str
    system: str
    identifier: str
    value: Value | None
    seen: date
    late: bool


@dataclass(frozen=True, slots=True)
class Decision:
    one: str
    other: str
    verdict: str
    late: bool


@dataclass
class World:
    name: str
    accounts: list[Account] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def worlds(number: int, seed: int) -> list[World]:
    chance = Random(seed)
    return [_World(f"w{seed}x{place}", place, chance).drawn() for place in range(number)]


class _World:
    def __init__(self, name: str, place: int, chance: Random) -> None:
        self._chance, self._place = chance, place
        self._world = World(name)
        self._values = 0

    def drawn(self) -> World:
        chance, world = self._chance, self._world
        letters = chance.sample("abcdefghi", 9)  # who is known first has any id
        people = [self._person(letters) for _ in range(chance.choice((1, 2, 2, 3)))]
        for keys in people:
            self._own_records(keys)
        everybody = [key for keys in people for key in keys]
        if len(people) > 1 and chance.random() < 0.5:  # a home has a mailbox or a telephone
            kind, among = chance.choice(("email", "phone")), [chance.choice(keys) for keys in people]
            self._share(kind, among if chance.random() < 0.7 else [*among, chance.choice(everybody)])
        if len(everybody) > 1:
            self._stand_for_none(everybody)
            self._decide(everybody)
        return world

    def _person(self, letters: list[str]) -> list[str]:
        chance, group = self._chance, self._chance.randrange(len(NAMES))
        born = f"19{chance.randrange(50, 99)}-0{chance.randint(1, 9)}-{chance.randint(10, 28)}"
        keys = []
        for _ in range(chance.choice((1, 1, 2, 2, 3))):
            key = f"{self._world.name}{letters.pop()}"
            mine = chance.randrange(len(NAMES)) if chance.random() < 0.05 else group
            named, dated = chance.random() < 0.85, chance.random() < 0.6
            told = "1949-12-31" if chance.random() < 0.05 else born
            self._world.accounts.append(
                Account(
                    key,
                    chance.choice(NAMES[mine] if named else NO_NAME),
                    mine if named else None,
                    told if dated else chance.choice(NO_BIRTH_DATE),
                    told if dated else None,
                    LONG_AGO + timedelta(days=chance.randrange(1000)),
                )
            )
            keys.append(key)
        return keys

    def _own_records(self, keys: list[str]) -> None:
        chance = self._chance
        for key in keys:
            if chance.random() < 0.9:
                self._share("email", [key])
        for one, other in pairwise(keys):
            if chance.random() < 0.85:
                self._share(chance.choice(("email", "phone", "loyalty_card", "customer_key")), [one, other])

    def _share(self, kind: str, keys: Iterable[str]) -> None:
        """A value of its own, which each of ``keys`` spells as people do."""
        number = self._place * 40 + self._values
        self._values += 1
        name = f"{self._world.name}v{self._values}"
        spelled = {
            "email": (f"{name}@mail.test", f" {name.upper()}@Mail.Test"),
            "phone": (f"+49 151 {23125042 + number * 37:08}", f"0151/{23125042 + number * 37:08}"),
            "loyalty_card": (f"C{number:06}9", f"c {number:06}-9"),
            "customer_key": (f"K{number:06}8", f"k{number:06}8 "),
        }[kind]
        for key in dict.fromkeys(keys):
            self._record(key, kind, self._chance.choice(spelled), (kind, name))

    def _record(self, key: str, kind: str, identifier: str, value: Value | None) -> None:
        chance, late = self._chance, self._chance.random() < 0.15
        seen = LONG_AGO if late else DAY_ZERO + timedelta(days=chance.randrange(800))
        system = self._world.name if kind == "customer_key" else "web"
        self._world.records.append(Record(key, kind, system, identifier, value, seen, late))

    def _stand_for_none(self, everybody: list[str]) -> None:
        chance = self._chance
        for kind, value in chance.sample(FOR_NONE, 2) if chance.random() < 0.5 else ():
            if kind == "phone" and self._place > 1:
                continue  # one value for all worlds: too many would have it
            for key in chance.sample(everybody, min(len(everybody), chance.randint(2, 4))):
                self._record(key, kind, value.format(world=self._world.name), None)

    def _decide(self, everybody: list[str]) -> None:
        chance = self._chance
        verdicts = (("never_merge", 0.3), ("always_merge", 0.2), ("never_murge", 0.08), ("always_merge, I think", 0.05))
        for verdict, share in verdicts:
            if chance.random() < share:
                one, other = chance.sample(everybody, 2)
                self._world.decisions.append(Decision(one, other, verdict, chance.random() < 0.2))
        if chance.random() < 0.04:  # a key of which a part is missing
            self._world.decisions.append(Decision(chance.choice(everybody), self._world.name, "never_merge", False))


def write(folder: Path, made: Iterable[World], *, late: bool, shuffled: int | None = None) -> None:
    """The files of a night, with or without what comes late; ``shuffled``: their rows in the order of that draw."""
    folder.mkdir(parents=True, exist_ok=True)
    customers: list[Row] = []
    records: list[Row] = []
    decisions: list[Row] = []
    for world in made:
        for account in world.accounts:
            who = {"customer_id": account.key, "signed_up_at": account.signed_up.isoformat()}
            customers.append(who | {"first_name": account.first_name, "birth_date": account.birth_date})
        for place, record in enumerate(world.records):
            if late or not record.late:
                row = {"record_id": f"{world.name}r{place}", "customer_id": record.account, "system": record.system}
                row |= {"kind": record.kind, "identifier": record.identifier, "seen_at": record.seen.isoformat()}
                records.append(row)
        for decision in world.decisions:
            if late or not decision.late:
                row = {"customer_id": decision.one, "other_customer_id": decision.other, "verdict": decision.verdict}
                decisions.append(row | {"decided_at": "2024-05-01"})
    orders = [{"order_id": "o1", "customer_id": customers[0]["customer_id"], "ordered_at": "2024-06-01", "amount": "5.00"}]
    files: Mapping[str, list[Row]] = {
        "customers": customers,
        "identities": records,
        "merge_decisions": decisions,
        "orders": orders,
    }
    for name, rows in files.items():
        if shuffled is not None:
            Random(shuffled).shuffle(rows)
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
