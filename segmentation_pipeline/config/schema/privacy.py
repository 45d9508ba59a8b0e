"""``privacy.yaml``: what may be known about customers, and who may be contacted."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import Model


class PrivacyConfig(Model):
    """``consent: not_required`` needs a reason, which is shown wherever audiences are shown.

    ``attributes`` are the personal attributes that features, rules and published tables may use;
    others stay out even when the customers file has them;
    ``birthday`` allows occasions around it, the day itself is no column.  ``salt`` draws samples and holdouts.
    """

    consent: Literal["required", "not_required"] = "required"
    consent_not_required_reason: str | None = None
    attributes: tuple[
        Literal[
            "age_years",
            "birth_month",
            "birthday",
            "gender",
            "city",
            "region",
            "country",
            "language",
            "age_band",
            "income_band",
            "household_size",
            "household_type",
            "occupation",
            "education",
            "urbanity",
            "nearest_store",
            "store_distance_km",
            "store_distance_band",
        ],
        ...,
    ] = (
        "country",
        "region",
        "city",
        "language",
        "birth_month",
        "urbanity",
        "nearest_store",
        "store_distance_km",
        "store_distance_band",
    )
    salt: Annotated[str, Field(min_length=8)] = "change-me-once"

    @model_validator(mode="after")
    def _reason(self) -> Self:
        if self.consent == "not_required" and not (self.consent_not_required_reason or "").strip():
            raise ValueError("'consent: not_required' needs 'consent_not_required_reason'")
        return self
