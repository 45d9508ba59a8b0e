"""A customer is a row of each period in which it could still happen, and of none after it did."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.models.predictions import person_periods as person_period_rows
from segmentation_pipeline.models.predictions.person_periods import PERIOD, person_periods
from segmentation_pipeline.models.predictions.rows import Rows
from segmentation_pipeline_tests.models.predictions.cancellations import ENDS


def test_a_customer_is_a_row_for_each_period_at_risk_and_none_after_it_happened() -> None:
    """One on day 30, the last of the first period; one on day 31; one never within the horizon."""
    known = Rows({"usage": np.array([1.0, 2.0, 3.0])}, np.array([1.0, 1.0, 0.0]), {}, np.array([30.0, 31.0, np.nan]))
    made = person_periods(known, ENDS)
    assert [*zip(made.frame["usage"], made.frame[PERIOD], made.outcomes, strict=True)] == [
        *[(1.0, "1", 1.0), (2.0, "1", 0.0), (3.0, "1", 0.0)],
        *[(2.0, "2", 1.0), (3.0, "2", 0.0)],
        (3.0, "3", 0.0),
    ]


def test_memory_does_not_grow_with_the_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more customers than fit, every second."""
    monkeypatch.setattr(person_period_rows, "MOST_ROWS", 8)
    known = Rows({"usage": np.arange(5.0)}, np.zeros(5), {}, np.full(5, np.nan))
    assert [*person_periods(known, ENDS).frame["usage"]] == [0.0, 2.0, 4.0] * 3
