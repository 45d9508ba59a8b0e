"""Did both sides do the same work?  No ratio without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AUDIENCE_TOLERANCE = 0.02
"""Share by which an audience may differ: tiers rest on models that are fitted on different samples."""
FEW = 5


def differences(reference: Mapping[str, Any], pipeline: Mapping[str, Any]) -> list[str]:
    """Where the aggregates differ, in words; empty when both sides agree.

    Customers, orders, net revenue and RFM segments must be equal; an audience may differ by
    ``AUDIENCE_TOLERANCE`` or ``FEW`` people, whichever is more.
    """
    found = [
        f"{name}: reference {reference[name]}, pipeline {pipeline[name]}"
        for name in ("customers", "orders", "net_revenue", "rfm")
        if reference[name] != pipeline[name]
    ]
    for name, expected in reference["audiences"].items():
        actual = pipeline["audiences"].get(name, 0)
        if abs(actual - expected) > max(FEW, AUDIENCE_TOLERANCE * expected):
            found.append(f"audience {name}: reference {expected}, pipeline {actual}")
    return found
