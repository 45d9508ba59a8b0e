"""Histories of small shops in every source: rows come, are corrected and deleted, come late, lie ahead or are refused.

Many shops live side by side in one set of files, each with keys of its own, so that a run goes through many histories at
once: what a run of few rows costs is what its queries cost to plan.  Values are drawn by what the contracts of the sources
say, so a source or column that is added is drawn too.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import SOURCES, Source

Record = dict[str, str]

EDGES = (
    -45,
    -41,
    -40,
    -39,
    -13,
    -1,
    0,
    1,
    2,
    6,
    7,
    8,
    12,
    29,
    30,
    31,
    45,
    59,
    60,
    61,
    89,
    90,
    91,
    200,
    364,
    365,
    366,
    400,
    729,
    730,
    731,
)
"""Days from what happened to a day that is run: both sides of every window, and what lies ahead."""
TOO_FAR_AHEAD = (-41, -45)
"""What lies beyond the limit of the future: rare, for such a row is looked at again in every run."""
FILES = 3
SHIFTING = 2
"""The number of the files from which rows are deleted for good, which changes the place of those below them: of some shops
only, or hardly any row would stay as it is.  Elsewhere a row that goes leaves an empty one, which is refused."""
KEYS = {
    "customer_id": 4,
    "order_id": 5,
    "product_id": 2,
    "store_id": 2,
    "place_id": 2,
    "campaign": 2,
    "line_number": 2,
    "loan_id": 2,
    "instalment": 3,
}
"""How many keys of a kind a shop has, where it is not ``_OTHER_KEYS``."""
_OTHER_KEYS = 3
_UNKNOWN_KEY = "nobody"
SHARED = ("stores", "places", "exchange_rates")
"""Sources whose rows concern everybody: where one of them changes, nearly all is made anew, and nothing can be stale."""
TEXTS = {
    "channel": ("web", "store", "app", "email", "email"),
    "purpose": ("marketing", "marketing", "marketing", "marketing", "marketing", "profiling"),
    "currency": ("", "", "", "USD"),
    "country": ("DE", "AT", ""),
    "language": ("de", "nl", ""),
    "item": ("nps", "price_1"),
    "identifier": ("{shop}@example.org", "other.{shop}@example.org", "L{shop}"),
    "email": ("{shop}@example.org", "c.{shop}@example.org", ""),
    "city": ("Dorf {shop}", "Stadt {shop}", ""),
    "postal_code": ("7{shop}", ""),
    "first_name": ("Anna", "Bert", ""),
    "category": ("Hats", "Shoes", ""),
    "brand": ("Acme", "Best", ""),
    "network": ("p", "f", ""),
    "phone": ("+49 30 1234{shop}", ""),
    "street": ("",),
    "exchange_rate": ("",),
}
NUMBERS = {
    Type.MONEY: ("10", "7.10", "250"),
    Type.INTEGER: ("0", "1", "3", "40"),
    Type.NUMBER: ("0.5", "1", "-1", "7", "49.5"),
}
LEDGERS = ("consents", "suppressions", "restrictions")


@dataclass
class Shop:
    """One history.  ``records`` has what lies in each file of each source, by source and number of the file, and ``added`` what
    came since, at the end of the file."""

    number: int
    seed: str
    days: tuple[date, ...]
    records: dict[tuple[str, int], list[Record]] = field(default_factory=dict)
    added: dict[tuple[str, int], list[Record]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = Random(f"{self.seed}/{self.number}")

    def open(self, sources: list[str]) -> None:
        """The first files: customers who are known, and some rows of a few sources: who does a little of everything has
        always just done something."""
        others = [name for name in sources if name not in ("customers", "orders", *SHARED)]
        self.sources = ("customers", "orders", *SHARED, *self._random.sample(others, k=min(4, len(others))))
        for name in sources:
            source = SOURCES[name]
            for number in range(FILES):
                self.added[name, number] = []
                if name not in self.sources or (number == SHIFTING and self.number % 6):
                    self.records[name, number] = []
                    continue
                self.records[name, number] = [self._record(source) for _ in range(self._random.randint(0, 2))]
            if name == "customers":
                self.records[name, 0] += [
                    self._record(source) | {"customer_id": self._key("customer_id", each)} for each in range(3)
                ]

    def go_on(self, sources: list[str], *, shared: bool) -> None:
        """What changes before the next run: little, so that most rows are left as they are.  Now and then a row comes, goes, or
        says something else; those of ``SHARED`` sources only when ``shared``."""
        those = [name for name in sources if name in self.sources and (shared or name not in SHARED)]
        for _ in range(self._random.choice((0, 1, 1, 2, 4))):
            name, number = self._random.choice(those), self._random.randrange(FILES)
            records = self.records[name, number]
            what = self._random.choice(("comes", "is corrected", "is corrected", "goes"))
            if what == "comes" or not records:
                self.added[name, number].append(self._record(SOURCES[name]))
            elif what == "goes" and number == SHIFTING:
                records.pop(self._random.randrange(len(records)))
            elif what == "goes":
                records[self._random.randrange(len(records))] = dict.fromkeys(SOURCES[name].names, "")
            else:
                changed = self._record(SOURCES[name])
                place = self._random.randrange(len(records))
                columns = self._random.sample(sorted(changed), k=min(3, len(changed)))
                records[place] = records[place] | {column: changed[column] for column in columns}

    def _record(self, source: Source) -> Record:
        draw = self._random
        record = {column.name: self._value(source, column) for column in source.columns}
        if draw.random() < 0.06 and source.name not in SHARED:  # refused, or a value blanked
            column = draw.choice(source.columns)
            record[column.name] = draw.choice(("", "soon", "-1", "2999-01-01", _UNKNOWN_KEY))
        if source.name in SHARED:  # the days themselves change nothing of them
            record |= {name: "" for name in ("closed_at", "updated_at") if name in record}
            record |= {name: draw.choice(("2020-01-01", "2024-12-01")) for name in ("opened_at", "day") if name in record}
        if source.name in LEDGERS:  # else nearly everybody is left out
            record |= {"email": "", "phone": "", "postal_code": ""}
            if source.name == "restrictions":
                record["customer_id"] = self._key("customer_id", KEYS["customer_id"] - 1)
        return record

    def _value(self, source: Source, column: Column) -> str:
        draw = self._random
        if column.is_key:
            name = source.names_key(column)
            if name == "currency":
                return draw.choice(("USD", "CHF"))
            if not column.required and draw.random() < (0.9 if column.name == "cancels" else 0.3):
                return ""
            key = self._key(name, draw.randrange(KEYS.get(name, _OTHER_KEYS)))
            return draw.choice((f" {key} ", key.lower())) if draw.random() < 0.1 else key
        if column.type in (Type.INSTANT, Type.DAY):
            return self._moment(column)
        if column.name in TEXTS:
            return draw.choice(TEXTS[column.name]).format(shop=self.number)
        if column.allowed:
            return draw.choice(column.allowed)
        if column.type in NUMBERS:
            least, most = column.minimum, column.maximum
            fits = [
                v for v in NUMBERS[column.type] if (least is None or float(v) >= least) and (most is None or float(v) <= most)
            ]
            return draw.choice(fits if column.required else [*fits, ""])
        return draw.choice(("x", "y") if column.required else ("x", "y", ""))

    def _key(self, name: str, number: int) -> str:
        return f"{name[:2].upper()}{number}S{self.number}"

    def _moment(self, column: Column) -> str:
        draw = self._random
        if not column.required and draw.random() < (0.7 if column.name == "updated_at" else 0.4):
            return ""
        if column.name == "birth_date":
            born = draw.choice(self.days) + timedelta(days=draw.choice((-15, -14, -1, 0, 1, 15, 100)))
            return str(born.replace(year=born.year - draw.choice((16, 40, 40, 50, 60)), day=min(born.day, 28)))
        day = draw.choice(self.days) - timedelta(days=draw.choice(EDGES if draw.random() < 0.99 else TOO_FAR_AHEAD))
        clock = draw.choice(("", "", " 12:00:00", " 23:30:00", " 00:10:00", "T23:30:00Z")) if column.type is Type.INSTANT else ""
        return f"{day}{clock}"


def write_files(folder: Path, shops: list[Shop], sources: list[str], gone: set[tuple[str, int]]) -> None:
    """The records of all shops; a file that is gone stays away, but of each source there is always one."""
    for name in sources:
        for number in range(FILES):
            path = folder / f"{name}_{number}.csv"
            if number and (name, number) in gone:
                path.unlink(missing_ok=True)
                continue
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, SOURCES[name].names)
                writer.writeheader()
                for of_shop in (*(shop.records for shop in shops), *(shop.added for shop in shops)):
                    writer.writerows(of_shop[name, number])
