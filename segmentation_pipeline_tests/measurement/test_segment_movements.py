"""Ways between segments with the money of those who went them, added up by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from segmentation_pipeline.config.schema import Config, RuleSegment
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.measurement.segment_movements import SEGMENT_MOVEMENTS
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline_tests.clean.project import config
from segmentation_pipeline_tests.measurement.shop import measured

AS_OF, BEFORE = date(2025, 3, 31), date(2025, 3, 28)
TIER = RulesSegmentation(
    kind="rules",
    title="Tier",
    key="level",  # renamed since: history is kept under the key
    segments=(RuleSegment(name="gold", when="monetary > 100", key="best"), RuleSegment(name="rest", when="true")),
)
TAGS = RulesSegmentation(
    kind="rules", title="Tags", exclusive=False, segments=(RuleSegment(name="a", when="true"), RuleSegment(name="b", when="true"))
)
PROFILE = {"anna": ("410.00", "1.00"), "bert": ("101.01", "2.01"), "cora": ("-2.50", None), "emil": ("50.00", "9.00")}
CHANGES = [
    (date(2025, 3, 1), "emil", "level", "best", True),
    (BEFORE, "emil", "level", "best", False),  # moved on another day
    (BEFORE, "emil", "level", "rest", True),
    *((AS_OF, who, "level", "best", False) for who in ("anna", "bert", "gone")),
    *((AS_OF, who, "level", "rest", True) for who in ("anna", "bert", "gone")),  # gone is in no profile any more
    (AS_OF, "cora", "level", "rest", True),
    (AS_OF, "fred", "level", "best", False),
    (AS_OF, "anna", "tags", "a", False),
    (AS_OF, "anna", "tags", "b", True),
    (AS_OF, "anna", "other", "x", True),  # of a segmentation that is not configured
]


def _config() -> Config:
    return config({"orders": {}}).model_copy(update={"segmentations": {"tier": TIER, "tags": TAGS}})


def _write(engine: Engine, *, with_clv: bool = True, observed: tuple[date, ...] = (date(2025, 3, 1), BEFORE, AS_OF)) -> None:
    money = "decimal(18, 2)"
    profile: dict[str, list[object]] = {
        "customer_id": [*PROFILE],
        "monetary_365d": [Decimal(net) for net, _ in PROFILE.values()],
    }
    kinds = {"customer_id": "string", "monetary_365d": money}
    if with_clv:
        profile["clv"] = [None if clv is None else Decimal(clv) for _, clv in PROFILE.values()]
        kinds["clv"] = money
    engine.write(tables.CUSTOMER_PROFILE, engine.memtable(profile, kinds))
    names = ("as_of", "customer_id", "segmentation", "segment", "entered")
    changed = {name: [change[place] for change in CHANGES] for place, name in enumerate(names)}
    schema = {"as_of": "date", **dict.fromkeys(names[1:4], "string"), "entered": "boolean"}
    engine.write(tables.MEMBERSHIP_CHANGES, engine.memtable(changed, schema))
    days = {"as_of": [*observed, *observed], "segmentation": ["level"] * len(observed) + ["tags"] * len(observed)}
    engine.write(tables.OBSERVED_DAYS, engine.memtable(days, {"as_of": "date", "segmentation": "string"}))


def _by_way(rows: list[dict[str, object]]) -> dict[tuple[object, ...], dict[str, object]]:
    return {(row["segmentation"], row["source"], row["target"]): row for row in rows}


def test_the_money_of_those_who_moved_by_hand(any_engine: Engine) -> None:
    _write(any_engine)
    ways = _by_way(measured(any_engine, SEGMENT_MOVEMENTS, AS_OF, _config()))
    assert ways.pop(("tier", "gold", "rest")) == {
        "as_of": AS_OF,
        "previous_as_of": BEFORE,
        "segmentation": "tier",
        "source": "gold",
        "target": "rest",
        "customers": 3,
        "in_profile": 2,
        "net_revenue_365d": Decimal("511.01"),
        "avg_net_revenue_365d": Decimal("255.51"),  # 255.505, halves up
        "with_clv": 2,
        "clv": Decimal("3.01"),
        "avg_clv": Decimal("1.51"),
    }
    came, went = ways.pop(("tier", None, "rest")), ways.pop(("tier", "gold", None))
    assert (came["customers"], came["net_revenue_365d"], came["avg_clv"]) == (1, Decimal("-2.50"), None)
    assert (went["customers"], went["in_profile"], went["net_revenue_365d"], went["avg_net_revenue_365d"]) == (1, 0, None, None)
    assert {way: row["customers"] for way, row in ways.items()} == {("tags", "a", None): 1, ("tags", None, "b"): 1}


def test_the_first_day_has_no_movements_and_without_a_model_of_value_there_is_none() -> None:
    engine = DuckDBEngine(None)
    _write(engine, observed=(AS_OF,))
    assert measured(engine, SEGMENT_MOVEMENTS, AS_OF, _config()) == []
    _write(engine, with_clv=False)
    way = _by_way(measured(engine, SEGMENT_MOVEMENTS, AS_OF, _config()))["tier", "gold", "rest"]
    assert (way["net_revenue_365d"], way["with_clv"], way["clv"], way["avg_clv"]) == (Decimal("511.01"), 0, None, None)
    engine.close()
