"""How text and patterns name an offset from UTC; the same on every engine."""

from __future__ import annotations

ISO_OFFSET = r"(?i):\d\d(\.\d+)?\s*(z|utc|[+-]\d\d(:?\d\d)?)$"
"""A time of day that ends with its own offset from UTC."""


def names_offset(pattern: str) -> bool:
    """Whether a strptime pattern reads an offset."""
    return "%z" in pattern
