from datetime import date, timedelta
from decimal import Decimal

from segmentation_pipeline.segmentations.outcomes import Group, difference, guard_outcomes

AS_OF = date(2026, 3, 1)
BEFORE = date(2026, 1, 31)
"""29 days earlier."""


def judged(engine, segments, orders, day=BEFORE, left=None):
    """The guard of 'it'; ``segments``: customer -> segment since January, ``orders``: (customer, day, amount)."""
    people = sorted(segments)
    history = {
        "customer_id": people,
        "segmentation": ["it"] * len(people),
        "segment": [segments[customer] for customer in people],
        "valid_from": [date(2026, 1, 1)] * len(people),
        "valid_to": [left] * len(people),
    }
    dates = {"valid_from": "date", "valid_to": "date"}
    bought = {
        "customer_id": [o[0] for o in orders],
        "event_date": [o[1] for o in orders],
        "amount": [Decimal(o[2]) for o in orders],
    }
    (guard,) = guard_outcomes(
        engine,
        engine.memtable(history, dict.fromkeys(history, "string") | dates),
        engine.memtable({"as_of": [day, AS_OF], "segmentation": ["it"] * 2}, {"as_of": "date", "segmentation": "string"}),
        engine.memtable(bought, {"customer_id": "string", "event_date": "date", "amount": "decimal(18, 2)"}),
        engine.memtable({"customer_id": people}, {"customer_id": "string"}),
        AS_OF,
        ["it"],
    )
    return guard


PEOPLE = {f"c{n}": "keen" if n < 10 else "cold" for n in range(20)}


def test_segments_whose_customers_go_on_to_buy_differently_pass(engine):
    orders = [(f"c{n}", AS_OF, "50.00") for n in range(8)] + [("c12", AS_OF - timedelta(days=3), "50.00")]
    guard = judged(engine, PEOPLE, orders)
    assert guard.passed
    # ordered: 8 of 10 and 1 of 10; eta squared 0.49495, less chance: 1 - 0.50505 * 19 / 18
    assert guard.numbers["ordered_share"] == 0.4669
    assert (guard.numbers["customers"], guard.numbers["days"]) == (20, 29)
    assert guard.message.startswith("the segments of 20 customers on 2026-01-31 explain ")


def test_segments_that_buy_alike_are_warned_of_with_figures(engine):
    orders = [(f"c{n}", AS_OF, "50.00") for n in (0, 1, 2, 10, 11, 12)]
    guard = judged(engine, PEOPLE, orders)
    assert not guard.passed
    assert guard.numbers["revenue_share"] == guard.numbers["ordered_share"] == 0.0
    assert "they do not tell who will buy" in guard.message


def test_only_orders_after_the_day_count(engine):
    late = [(f"c{n}", AS_OF, "50.00") for n in (0, 1, 2, 10, 11, 12)]
    early = [(f"c{n}", BEFORE, "900.00") for n in range(10)]
    assert judged(engine, PEOPLE, late + early).numbers == judged(engine, PEOPLE, late).numbers


def test_without_an_old_enough_day_or_any_difference_it_is_not_yet_known(engine):
    young = judged(engine, PEOPLE, [("c1", AS_OF, "50.00")], day=AS_OF - timedelta(days=27))
    assert young.passed and young.message == "not yet known: no day at least 28 days before was observed"
    assert judged(engine, PEOPLE, []).message.startswith("not yet known: since 2026-01-31 nobody's orders")
    assert judged(engine, dict.fromkeys(PEOPLE, "all"), [("c1", AS_OF, "50.00")]).message.startswith("not yet known")
    assert judged(engine, PEOPLE, [("c1", AS_OF, "5")], left=BEFORE).message.startswith("not yet known"), "all had left"


def test_chance_alone_explains_nothing_on_average():
    """Two groups of two, one buyer in each."""
    assert difference([Group(2, 1.0, 1.0), Group(2, 1.0, 1.0)]) == (0.0, 1.0)
    assert difference([Group(4, 2.0, 2.0)]) is None
    assert difference([Group(2, 2.0, 2.0), Group(2, 0.0, 0.0)]).share == 1.0
