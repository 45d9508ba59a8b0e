"""RFM: equal values score equally, every score triple is in exactly one segment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.contracts.labels import RfmSegment
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.rfm import RFM_DEFINITIONS, RFM_RULES, RfmCuts, fit_rfm, with_rfm
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.models.shop import scored_only

FEATURES = {"customer_id": "string", "recency_days": "int64", "frequency": "int64", "monetary": "decimal(18, 2)"}
Customer = tuple[int | None, int, int | Decimal]


def scored(engine: DuckDBEngine, customers: list[Customer]) -> dict[int, dict[str, object]]:
    """Scores by position in ``customers`` (recency_days, frequency, monetary)."""
    columns: dict[str, list] = {
        "customer_id": [str(number) for number in range(len(customers))],
        "recency_days": [c[0] for c in customers],
        "frequency": [c[1] for c in customers],
        "monetary": [c[2] for c in customers],
    }
    features = engine.memtable(columns, FEATURES)
    rows = engine.rows(scored_only(features, with_rfm(features, fit_rfm(engine, features))))
    return {int(str(row["customer_id"])): row for row in rows}


def test_five_customers_in_order_get_the_scores_one_to_five(engine: DuckDBEngine) -> None:
    found = scored(engine, [(50, 1, 10), (40, 2, 20), (30, 3, 30), (20, 4, 40), (10, 5, 50)])
    assert [found[n]["rfm_score"] for n in range(5)] == ["111", "222", "333", "444", "555"]
    assert found[4]["rfm_segment"] == RfmSegment.CHAMPIONS
    assert found[0]["rfm_segment"] == RfmSegment.LOST


def test_customers_without_orders_have_no_row(engine: DuckDBEngine) -> None:
    assert set(scored(engine, [(None, 0, 0), (3, 1, 20)])) == {1}


def test_ties_stay_together_where_one_value_spans_several_bands(engine: DuckDBEngine) -> None:
    found = scored(engine, [(10 * n, 1 if n < 7 else n, 5) for n in range(10)])
    assert {found[n]["frequency_score"] for n in range(7)} == {1}
    assert found[9]["frequency_score"] == 5


@pytest.mark.parametrize("customers", [[], [(None, 0, 0)], [(3, 1, 20)], [(3, 1, 20)] * 7, [(3, 1, -5), (4, 2, 0)]])
def test_few_distinct_values_are_scored_all_the_same(engine: DuckDBEngine, customers: list[Customer]) -> None:
    for row in scored(engine, customers).values():
        assert row["rfm_segment"] in list(RfmSegment)


@pytest.mark.slow
@pytest.mark.parametrize("amount", ["932.60", "932.61", "123.45", "999.99", "0.10"])
@pytest.mark.parametrize("number", range(2, 11))
def test_a_cut_between_equal_amounts_is_that_amount(engine: DuckDBEngine, amount: str, number: int) -> None:
    """An engine that interpolates between two equal numbers may miss them in the last digit."""
    found = scored(engine, [(3, 1, Decimal(amount))] * number)
    assert {row["monetary_score"] for row in found.values()} == {1}


def test_all_125_score_triples_fall_in_one_segment_and_all_eleven_are_reached(engine: DuckDBEngine) -> None:
    cuts = RfmCuts((1.0, 2.0, 3.0, 4.0), (1.0, 2.0, 3.0, 4.0), (1.0, 2.0, 3.0, 4.0))
    triples = list(product(range(1, 6), repeat=3))
    features = engine.memtable(
        {
            "customer_id": ["".join(map(str, t)) for t in triples],
            "recency_days": [6 - t[0] for t in triples],
            "frequency": [t[1] for t in triples],
            "monetary": [t[2] for t in triples],
        },
        FEATURES,
    )
    rows = engine.rows(scored_only(features, with_rfm(features, cuts)))
    assert len(rows) == 125 and all(row["customer_id"] == row["rfm_score"] for row in rows)
    assert {row["rfm_segment"] for row in rows} == set(RfmSegment)


def test_the_table_of_rules_is_total_without_a_catch_all() -> None:
    """The last rule stands for "everyone else" in the expression, so it must hold wherever no other does."""
    for r, f, m in product(range(1, 6), repeat=3):
        holds = [
            rule
            for rule in RFM_RULES
            if rule.recency[0] <= r <= rule.recency[1]
            and rule.frequency[0] <= f <= rule.frequency[1]
            and rule.monetary[0] <= m <= rule.monetary[1]
        ]
        assert holds, (r, f, m)


def test_every_segment_has_its_definition_in_words() -> None:
    assert set(RFM_DEFINITIONS) == set(RfmSegment)
    assert RFM_DEFINITIONS[RfmSegment.NEW_CUSTOMERS].endswith("Scores: recency 5, frequency 1.")


def test_cuts_survive_the_registry() -> None:
    cuts = RfmCuts((0.1, 1 / 3, 2.0, 4.0), (1.0, 1.0, 1.0, 2.0), (-3.5, 0.0, 0.1 + 0.2, 9.0))
    assert RfmCuts.from_parameters(cuts.to_parameters()) == cuts


@examples(10, 200)
@given(customers=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 6), st.integers(-3, 9)), min_size=2, max_size=40))
def test_equal_values_get_equal_scores_and_better_values_never_lower_ones(customers: list[Customer]) -> None:
    engine = DuckDBEngine(None)
    found = scored(engine, customers)
    engine.close()
    for position, (score, sign) in enumerate((("recency_score", -1), ("frequency_score", 1), ("monetary_score", 1))):
        pairs = [(sign * int(customer[position] or 0), int(str(found[n][score]))) for n, customer in enumerate(customers)]
        for (value, low), (next_value, high) in pairwise(sorted(pairs)):
            assert low <= high and (value != next_value or low == high)


def test_a_day_later_only_recency_can_move(engine: DuckDBEngine) -> None:
    """Cuts are values, not ranks: a customer scored with yesterday's cuts keeps frequency and monetary scores."""
    columns: dict[str, list] = {
        "customer_id": ["a", "b", "c"],
        "recency_days": [1, 5, 9],
        "frequency": [3, 2, 1],
        "monetary": [30, 20, 10],
    }
    features = engine.memtable(columns, FEATURES)
    cuts = fit_rfm(engine, features)
    later = features.mutate(recency_days=features.recency_days + (date(2025, 1, 2) - date(2025, 1, 1)).days)
    scores = ["customer_id", "frequency_score", "monetary_score"]
    assert engine.rows(scored_only(later, with_rfm(later, cuts)).select(scores).order_by("customer_id")) == engine.rows(
        scored_only(features, with_rfm(features, cuts)).select(scores).order_by("customer_id")
    )
