"""The comparison with lifetimes fits the same models: none of ours is less likely than theirs."""

from __future__ import annotations

import pytest

from benchmarks.value_models import compare

pytestmark = pytest.mark.slow


def test_our_fits_are_at_least_as_likely() -> None:
    rows = compare(1).rows
    assert [row[1] for row in rows] == ["BG/NBD", "Pareto/NBD", "Gamma-Gamma"]
    for *_, ours, theirs in rows:
        assert float(ours.replace(",", "")) >= float(theirs.replace(",", "")) - 0.1
