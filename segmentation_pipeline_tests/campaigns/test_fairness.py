"""Rates by group against figures worked out by hand and by fairlearn's definitions; nobody is told of singly."""

from __future__ import annotations

from datetime import date

import pytest
from scipy.stats import binomtest

from segmentation_pipeline.campaigns.fairness import Cell, count_cells, fairness_rows, latest_lists, wilson
from segmentation_pipeline.config.schema import FairnessConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
LOOKED_AT = FairnessConfig(groups=("gender",))


def rows_of(*cells, config=LOOKED_AT, proxies=None):
    found = fairness_rows([Cell("c", "gender", *cell) for cell in cells], proxies or {}, config)
    return {(row["customer_group"], row["measure"]): row for row in found}


@pytest.mark.parametrize(("successes", "trials"), [(0, 100), (1, 100), (50, 100), (100, 100), (3, 2000), (1, 1)])
def test_wilsons_interval_is_that_of_scipy(successes, trials):
    expected = binomtest(successes, trials).proportion_ci(0.95, "wilson")
    assert wilson(successes, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_four_fifths_of_the_highest_rate_by_hand():
    """Men 600 of 2,000 chosen, women 500 of 2,500, others 470 of 1,900: 0.30, 0.20 (ratio 2/3), 0.247 (ratio 0.8246)."""
    found = rows_of(("m", 2000, 600, 540), ("w", 2500, 500, 450), ("x", 1900, 470, 420))
    chosen = {group: found[group, "chosen"] for group in "mwx"}
    assert {g: round(row["ratio"], 4) for g, row in chosen.items()} == {"m": 1.0, "w": 0.6667, "x": 0.8246}
    assert {g: row["flag"] for g, row in chosen.items()} == {"m": "ok", "w": "below_four_fifths", "x": "ok"}
    assert found["w", "contacted"]["rate"] == 450 / 2500
    assert found["w", "chosen"]["low"] < 0.2 < found["w", "chosen"]["high"]


def test_the_same_rates_of_a_tenth_of_the_people_may_be_chance():
    """Wilson: men 0.241 to 0.367, women 0.155 to 0.254."""
    assert rows_of(("m", 200, 60, 54), ("w", 250, 50, 45))["w", "chosen"]["flag"] == "below_within_chance"


def test_exactly_four_fifths_is_enough():
    assert rows_of(("m", 100, 50, 50), ("w", 100, 40, 40))["w", "chosen"]["flag"] == "ok"


def test_of_few_people_there_is_no_figure_and_nobody_is_compared_with_them():
    found = rows_of(("m", 200, 20, 18), ("w", 99, 99, 90))
    few = found["w", "chosen"]
    assert few["flag"] == "too_few" and few["people"] == 99
    assert {few[name] for name in ("selected", "rate", "low", "high", "ratio")} == {None}
    assert found["m", "chosen"]["ratio"] == 1.0


def test_people_of_whom_the_group_is_not_known_are_counted_and_not_compared():
    found = rows_of(("m", 200, 20, 18), ("unknown", 500, 400, 300))
    assert (found["unknown", "chosen"]["rate"], found["unknown", "chosen"]["flag"]) == (0.8, "not_compared")
    assert found["m", "chosen"]["ratio"] == 1.0


def test_where_nobody_is_selected_nothing_is_compared():
    assert {row["flag"] for row in rows_of(("m", 200, 0, 0), ("w", 200, 0, 0)).values()} == {"not_compared"}


def test_a_waiver_is_told_with_its_name_and_reason():
    waiver = {"campaign": "c", "group": "gender", "name": "Ann Example", "reason": "It is about men's shirts."}
    config = FairnessConfig.model_validate({"groups": ["gender"], "waivers": [waiver]})
    row = rows_of(("m", 200, 60, 54), ("w", 250, 5, 5), config=config)["w", "chosen"]
    assert (row["flag"], row["waived_by"]) == ("below_four_fifths", "Ann Example")
    with pytest.raises(ValueError, match="at least 10"):
        FairnessConfig.model_validate({"groups": ["gender"], "waivers": [waiver | {"reason": "so"}]})


def test_cells_are_counted_by_person_with_the_last_version_of_a_list():
    people = [f"p{n}" for n in range(10)]
    profile = shop.table({"customer_id": "string"}, [(p,) for p in people])
    groups = shop.table(
        {"customer_id": "string", "gender": "string"}, [(p, "mw"[n % 2] if n < 8 else None) for n, p in enumerate(people)]
    )
    schema = {"as_of": "date", "campaign": "string", "version": "int64", "customer_id": "string", "arm": "string"}
    day = date(2026, 3, 31)
    listed = [
        (day, "c", 1, "p1", "treatment"),
        (day, "c", 2, "p0", "holdout"),
        (day, "c", 2, "p2", "treatment"),
        (day, "c", 2, "p9", "b"),
    ]
    funnel = shop.table({"campaign": "string", "version": "int64"}, [("c", 1), ("c", 2), ("d", 1), ("d", 2)])
    latest = latest_lists(shop.table(schema, [*listed, (day, "d", 1, "p1", "treatment")]), funnel)
    cells = count_cells(ENGINE, profile, groups, latest, "gender", ["c", "d"])  # d was made again and holds nobody
    assert cells == [
        Cell("c", "gender", "m", 4, 2, 1),
        Cell("c", "gender", "unknown", 2, 1, 1),
        Cell("c", "gender", "w", 4, 0, 0),
        Cell("d", "gender", "m", 4, 0, 0),
        Cell("d", "gender", "unknown", 2, 0, 0),
        Cell("d", "gender", "w", 4, 0, 0),
    ]
