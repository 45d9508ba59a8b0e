"""Ways a delivery shrinks or vanishes, as shops meet them, each with what the next run does.

``python -m segmentation_pipeline_tests.cases.deliveries`` prints them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from segmentation_pipeline.errors import UserError
from segmentation_pipeline_tests.ingest.nights import Shop

CUSTOMERS = "customer_id,email,city"
ORDERS = "order_id,customer_id,ordered_at,amount"
CONSENTS = "customer_id,channel,purpose,status,occurred_at"
SUPPRESSIONS = "customer_id,reason,suppressed_at,ends_on"
COUNT = 40
PEOPLE = [f"c{n},c{n}@mail.test,Bonn" for n in range(COUNT)]
DAYS = [date(2026, 6, 30) - timedelta(days=n) for n in range(COUNT)]
BOUGHT = [f"o{n},c{n},{day},10.00" for n, day in enumerate(DAYS)]
SAID = [f"c{n},email,marketing,{'withdrawn' if n < 5 else 'granted'},2026-02-0{1 + n % 9}" for n in range(COUNT)]
LISTED = [f"c{n},legal,2026-03-01," for n in range(30, 35)] + ["c35,pause,2026-03-01,2026-06-29"]
SOURCES: dict[str, dict[str, object]] = {
    "customers": {},
    "orders": {"files": "orders_*.csv"},
    "consents": {},
    "suppressions": {},
}


def lines(header: str, rows: list[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


@contextmanager
def shop() -> Iterator[Shop]:
    """A shop after a good night."""
    with tempfile.TemporaryDirectory() as folder:
        made = Shop(Path(folder), {name: dict(mapping) for name, mapping in SOURCES.items()})
        made.deliver(
            {
                "customers.csv": lines(CUSTOMERS, PEOPLE),
                "orders_1.csv": lines(ORDERS, BOUGHT[20:]),
                "orders_2.csv": lines(ORDERS, BOUGHT[:20]),
                "consents.csv": lines(CONSENTS, SAID),
                "suppressions.csv": lines(SUPPRESSIONS, LISTED),
            }
        )
        made.night()
        try:
            yield made
        finally:
            made.engine.close()


@dataclass(frozen=True)
class Way:
    """``does`` is done to the shop before the next night; ``stops`` is what the run says then, None where it goes on."""

    name: str
    does: Callable[[Shop], object]
    stops: str | None


def orders(first: list[str], second: list[str], header: str = ORDERS) -> Callable[[Shop], object]:
    return lambda made: made.deliver({"orders_1.csv": lines(header, first), "orders_2.csv": lines(header, second)})


def people(rows: list[str], header: str = CUSTOMERS) -> Callable[[Shop], object]:
    return lambda made: made.deliver({"customers.csv": lines(header, rows)})


def consents(rows: list[str]) -> Callable[[Shop], object]:
    return lambda made: made.deliver({"consents.csv": lines(CONSENTS, rows)})


def listed(rows: list[str]) -> Callable[[Shop], object]:
    return lambda made: made.deliver({"suppressions.csv": lines(SUPPRESSIONS, rows)})


def files(**contents: str | None) -> Callable[[Shop], object]:
    return lambda made: made.deliver({f"{name}.csv": text for name, text in contents.items()})


def configured(source: str, does: Callable[[Shop], object] = lambda made: None, **mapping: object) -> Callable[[Shop], object]:
    """The source has ``delivery`` and the like from the first night on."""

    def change(made: Shop) -> None:
        made.sources[source] |= mapping
        made.night()
        does(made)

    return change


def lets_quarantine(does: Callable[[Shop], object]) -> Callable[[Shop], object]:
    def change(made: Shop) -> None:
        made.pipeline["quality"] = {"max_quarantined_share": 1.0}
        does(made)

    return change


def twice(first: Callable[[Shop], object], second: Callable[[Shop], object]) -> Callable[[Shop], object]:
    """The first delivery is read by a run that fails later on; it is not what the second is compared with."""

    def change(made: Shop) -> None:
        first(made)
        made.night(comes_through=False)
        second(made)

    return change


def renamed_columns(made: Shop) -> None:
    made.sources["customers"] |= {"columns": {"customer_id": "id", "city": "town"}}
    made.deliver({"customers.csv": lines("id,town", ["c1,Bonn"])})
    for name in ("orders", "consents"):
        made.sources[name]["unknown_references"] = "keep"


def own_files(made: Shop) -> None:
    made.sources.clear()
    made.sources["orders"] = {"files": "own.csv"}
    made.deliver({"own.csv": lines(ORDERS, ["x1,x,2026-06-01,5"])})


def without(source: str) -> Callable[[Shop], object]:
    return lambda made: made.sources.pop(source)


LATER_YES = [row.replace("withdrawn,2026-02", "granted,2026-05") for row in SAID]
SAME_DAY_YES = [row.replace("withdrawn", "granted") for row in SAID]
BROKEN = [f"{row},x" for row in BOUGHT]
NO_DATE = [row.replace("2026-", "soon-") for row in BOUGHT]
GONE = "known opt-outs are gone"

WAYS = (
    Way("nothing changed", lambda made: None, None),
    Way("emptied to its header", people([]), "40 rows before, 0 now"),
    Way("zero bytes", files(customers=""), "the file is empty"),
    Way("the file deleted", files(customers=None), "no file matches"),
    Way("one of two files missing", files(orders_2=None), "files that were there before are missing: orders_2.csv"),
    Way("a file renamed", files(orders_2=None, orders_3=lines(ORDERS, BOUGHT[:20])), None),
    Way("a third of the rows", orders(BOUGHT[27:], []), "40 rows before, 13 now"),
    Way("a few rows fewer", orders(BOUGHT[20:38], BOUGHT[:20]), None),
    Way("all orders gone", orders([], []), "40 rows before, 0 now"),
    Way("orders with other columns", orders(BOUGHT[20:], BOUGHT[:20], "id,customer_id,ordered_at,amount"), "column 'order_id'"),
    Way(
        "most rows refused",
        lets_quarantine(orders(NO_DATE[20:], BOUGHT[:10] + NO_DATE[10:20])),
        "40 rows could be used before, 10 now",
    ),
    Way("most lines broken", lets_quarantine(orders(BROKEN[20:], BOUGHT[:10] + BROKEN[10:20])), "40 rows before, 10 now"),
    Way("one row repeated instead of all", orders(BOUGHT[:1] * 20, BOUGHT[:1] * 20), "40 rows could be used before, 1 now"),
    Way(
        "a column emptied",
        people([row.replace(f"{row.split(',')[0]}@mail.test", "") for row in PEOPLE]),
        "email (40 before, 0 now)",
    ),
    Way(
        "a column left out of the file",
        people([row.split(",")[0] + ",Bonn" for row in PEOPLE], "customer_id,city"),
        "email (40 before, 0 now)",
    ),
    Way("an older delivery again", orders(BOUGHT[20:], BOUGHT[1:20]), "an older delivery came again"),
    Way("suppressions emptied", listed([]), "6 rows before, 0 now"),
    Way("one suppression gone", listed(LISTED[1:]), f"1 {GONE}, last seen at suppressions.csv:1"),
    Way("a suppression that has ended gone", listed(LISTED[:-1]), None),
    Way("the withdrawals gone", consents(SAID[5:]), f"5 {GONE}"),
    Way("a withdrawal overwritten by a yes of the same day", consents(SAME_DAY_YES), f"5 {GONE}"),
    Way("somebody agrees again later, in a ledger of states", consents(LATER_YES), None),
    Way("somebody agrees again later to another channel", consents([r.replace("email", "sms") for r in LATER_YES]), f"5 {GONE}"),
    Way(
        "withdrawals spelled otherwise",
        consents([r.replace("email", "E-Mail\u00a0").replace("-02-0", "-02-0") for r in SAID]),
        None,
    ),
    Way("a withdrawal of one channel becomes one of all", consents([r.replace("email", "all") for r in SAID]), None),
    Way("a ledger no longer configured", without("suppressions"), "sources.yaml no longer names it"),
    Way("another source no longer configured", without("customers"), "sources.yaml no longer names it"),
    Way(
        "increments: a quiet day adds an empty file",
        configured("orders", files(orders_3=lines(ORDERS, [])), delivery="incremental"),
        None,
    ),
    Way(
        "increments: last night's file overwritten by tonight's",
        configured("orders", files(orders_2=lines(ORDERS, [r.replace("o", "p") for r in BOUGHT[:20]])), delivery="incremental"),
        "20 of 20 rows of files that were there before were overwritten",
    ),
    Way(
        "increments: rows of an old file gone",
        configured("orders", files(orders_1=lines(ORDERS, BOUGHT[20:38])), delivery="incremental"),
        "40 rows before, 38 now",
    ),
    Way("rolling: an old file leaves", configured("orders", files(orders_1=None), delivery="rolling"), None),
    Way(
        "rolling: a file with noes leaves",
        configured("consents", files(consents=None, consents_2=lines(CONSENTS, SAID[5:])), delivery="rolling"),
        f"5 {GONE}",
    ),
    Way(
        "shrunk twice, the run between failed",
        twice(orders(BOUGHT[20:], BOUGHT[:5]), orders(BOUGHT[27:], BOUGHT[:5])),
        "40 rows before, 18 now",
    ),
    Way("another mapping of columns: compared anew", renamed_columns, None),
    Way("own files in the sample's place: compared anew", own_files, None),
)


def outcome(way: Way) -> str | None:
    """What the run after ``way`` says when it stops; None when it goes on."""
    with shop() as made:
        way.does(made)
        try:
            made.night()
        except UserError as error:
            return str(error)
    return None


if __name__ == "__main__":
    import sys

    for way in WAYS:
        said = outcome(way)
        sys.stdout.write(f"{way.name} | {'goes on' if said is None else 'stops: ' + said.split(' Nothing was')[0]}\n")
