"""What customers did after a day, and when first."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from segmentation_pipeline.models.predictions.outcomes import with_outcome
from segmentation_pipeline_tests.clean.project import clean_all, write
from segmentation_pipeline_tests.models.predictions.shop import LAPSE, Shop, settings


def test_days_count_from_the_day_to_the_first_order_within_the_horizon(tmp_path: Path) -> None:
    """An order on the day itself is known already, one after the horizon is not foretold; of two the first counts."""
    orders = [("a", "2025-01-31"), ("a", "2025-02-02"), ("a", "2025-02-20"), ("b", "2025-04-01"), ("c", "2025-04-02")]
    lines = [f"{number},{customer},{day},5" for number, (customer, day) in enumerate(orders)]
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", *lines)
    of = settings(lapse={**LAPSE, "periods": 2})
    store = Shop(tmp_path)
    clean_all(store.engine, tmp_path, of, date(2025, 4, 30))
    customers = store.engine.memtable({"customer_id": ["a", "b", "c"]}, {"customer_id": "string"})
    told = with_outcome(store.engine, of, of.predictions["lapse"], customers, date(2025, 1, 31), None)  # type: ignore[arg-type]
    found = {row["customer_id"]: (row["outcome"], row["days_until"]) for row in store.engine.rows(told)}
    assert found == {"a": (0.0, 2.0), "b": (0.0, 60.0), "c": (1.0, None)}
    store.engine.close()
