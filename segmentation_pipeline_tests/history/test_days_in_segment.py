from datetime import date, timedelta

import pytest

from segmentation_pipeline.history.days_in_segment import days_in_segment

AS_OF = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("days", "mean", "median"),
    [([0], 0, 0), ([0, 10], 5, 5), ([1, 1, 7], 3, 1), ([0, 0, 1, 9, 9, 9], 4.6667, 5)],
)
def test_mean_and_median_of_the_stays(engine, days, mean, median):
    rows = {
        "customer_id": [f"c{n}" for n in range(len(days))],
        "segmentation": ["tier"] * len(days),
        "segment": ["gold"] * len(days),
        "since": [AS_OF - timedelta(days=n) for n in days],
    }
    table = engine.memtable(rows, dict.fromkeys(rows, "string") | {"since": "date"})
    assert days_in_segment(engine, table, AS_OF) == {("tier", "gold"): (mean, median)}
