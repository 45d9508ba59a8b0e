"""The day that commands work as of when none is named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segmentation_pipeline.config.schema import Config


def usual_day(config: Config) -> date:
    """``run.as_of``, else the last day that is over in the business time zone."""
    return config.pipeline.run.as_of or datetime.now(UTC).astimezone(config.pipeline.business.zone).date() - timedelta(days=1)
