"""A shop small enough to count by hand, as far as measurements read it: accepted orders and returns, and who is excluded."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.measurement.measurement import Inputs, Measurement
from segmentation_pipeline_tests.clean.project import config

CONFIG = config({"orders": {}, "returns": {}})

Order = tuple[str | None, date, int] | tuple[str | None, date, int, str]
"""Who, when, what for, in cents, and its status where it is not completed."""
Return = tuple[int, date, int]
"""Of which order (by its number), when, and how much, in cents."""


def write_orders(engine: Engine, orders: Iterable[Order], returns: Iterable[Return] = ()) -> None:
    """``clean.orders`` and ``clean.returns``."""
    ordered, back = list(orders), list(returns)
    columns = {column.name: column.type.ibis for column in SOURCES["orders"].columns} | {"event_date": "date"}
    values: dict[str, list[object]] = {name: [None] * len(ordered) for name in columns} | {
        "order_id": [f"o{number}" for number in range(len(ordered))],
        "customer_id": [who for who, *_ in ordered],
        "ordered_at": [datetime.combine(day, datetime.min.time()) for _, day, *_ in ordered],
        "event_date": [day for _, day, *_ in ordered],
        "amount": [_money(cents) for _, _, cents, *_ in ordered],
        "status": [next(iter(status), None) for *_, status in ((*order[:3], order[3:]) for order in ordered)],
    }
    engine.write(tables.clean("orders"), engine.memtable(values, columns))
    given = {
        "order_id": [f"o{number}" for number, _, _ in back],
        "event_date": [day for _, day, _ in back],
        "amount": [_money(cents) for _, _, cents in back],
    }
    engine.write(
        tables.clean("returns"), engine.memtable(given, {"order_id": "string", "event_date": "date", "amount": "decimal(18, 2)"})
    )


def exclude(engine: Engine, customers: Collection[str] = ()) -> None:
    rows = {"customer_id": list(customers), "reason": ["objection"] * len(customers)}
    engine.write(tables.EXCLUDED_CUSTOMERS, engine.memtable(rows, dict.fromkeys(rows, "string")))


def measured(engine: Engine, measurement: Measurement, as_of: date, settings: Config = CONFIG) -> list[dict[str, object]]:
    """The rows of a measurement, read from no table but those it declares, in the order of their key."""

    def declared(name: str):  # type: ignore[no-untyped-def]
        assert name in measurement.reads(settings)
        return engine.table(name)

    made = measurement.make(Inputs(declared, settings, as_of, engine))
    columns = measurement.contract.columns
    assert dict(made.schema().items()) == {column.name: column.type.ibis for column in columns}
    rows = engine.rows(made.order_by(*measurement.contract.key))
    never_null = [column.name for column in columns if column.null_means is None]
    assert all(row[name] is not None for row in rows for name in never_null)
    return rows


def _money(cents: int) -> Decimal:
    return Decimal(cents) / 100
