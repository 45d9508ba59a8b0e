"""Room on Python's stack for writing queries of many nested selects."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_CALLS = 10_000


@contextmanager
def raised_recursion_limit() -> Iterator[None]:
    """Writing SQL descends a few calls per nested select, and a customer's row is a select per feature family."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _CALLS))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
