"""What other currencies are worth."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources.base import Source, key

EXCHANGE_RATES = Source(
    name="exchange_rates",
    description="What one unit of a currency is in the base currency, from a day on until the next one that is given.",
    columns=(
        key("currency", "The currency, ISO 4217."),
        Column("day", Type.DAY, "First day of the rate.", unit="day", required=True, ahead=True),
        Column(
            "rate",
            Type.NUMBER,
            "One unit of the currency in the base currency.",
            unit="base currency",
            required=True,
            minimum=1e-9,
            maximum=1e9,
        ),
    ),
    natural_key=("currency", "day"),
    event_time="day",
)
