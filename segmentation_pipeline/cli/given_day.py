"""A day that was given on the command line."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.errors import UserError


def given_day(given: str, option: str) -> date:
    """The day.  Raises ``UserError`` for what is none."""
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise UserError(f"{option} {given}: not a day, expected YYYY-MM-DD such as 2026-06-30") from None
