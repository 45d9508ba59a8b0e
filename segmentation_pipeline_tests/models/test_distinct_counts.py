import numpy as np

from segmentation_pipeline.models.distinct_counts import DistinctCounts


def test_each_count_stands_once_with_all_customers_who_have_it() -> None:
    found = DistinctCounts.of(np.array([2.0, 0.0, 2.0]), np.array([3.0, 1.0, 4.0]))
    assert (found.values.tolist(), found.customers.tolist()) == ([0.0, 2.0], [1.0, 7.0])


def test_rows_without_weights_are_a_customer_each() -> None:
    assert DistinctCounts.of(np.array([5.0, 1.0, 5.0])).customers.tolist() == [1.0, 2.0]
