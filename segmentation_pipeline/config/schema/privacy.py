"""``privacy.yaml``: what may be known about customers, and who may be contacted."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import MOST, Model
from segmentation_pipeline.config.schema.fairness import FairnessConfig


class NotAnOptOut(Model):
    """A refused row of a ledger or of merge decisions that does not say no, and the ``reason`` why.

    ``source``, ``file`` and ``row`` are where it stands, ``fingerprint`` is what its cells were, as ``segmentation quarantine``
    tells.
    """

    source: Literal["consents", "suppressions", "restrictions", "merge_decisions"]
    file: str
    row: Annotated[int, Field(ge=1, le=MOST)]
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{12}$")]
    reason: Annotated[str, Field(min_length=3)]


class PrivacyConfig(Model):
    """``consent: not_required`` needs a reason (``consent_not_required_reason``), which is shown wherever audiences are shown.

    ``consent_of: address`` lets a grant count for the address of the account it names; ``person`` for every
    address of a person with several accounts.  ``nameless_opt_outs: stop`` makes no audience while a row of
    the ledgers may be a no and names nobody, and merges nobody while one of the merge decisions may;
    ``unmatched_opt_outs: stop`` where none of a ledger's many opt-outs matches a customer; ``unread_opt_outs: stop`` where
    somebody would be contacted of whom a column that nobody reads says no; each ``warn`` needs a reason
    (``nameless_opt_outs_reason``, ``unmatched_opt_outs_reason``, ``unread_opt_outs_reason``).
    ``not_opt_outs`` answers for single refused rows.
    Who is younger than ``minimum_age`` on the day has no score, segment or audience; ``unknown_birth_date`` says what
    becomes of those whose age is not known.
    ``purposes`` are those of the ledger
    beside marketing, surveys, profiling and sale_or_share.
    ``attributes`` are the personal attributes that features, rules and published tables may use;
    others stay out even when the customers file has them;
    ``controller``, ``data_protection_contact`` and ``transfers`` (to other countries) are for the records of processing.
    ``fairness`` says by which groups audiences are looked at.
    ``birthday`` allows occasions around it, the day itself is no column.  ``salt`` draws samples and holdouts.
    """

    consent: Literal["required", "not_required"] = "required"
    consent_not_required_reason: str | None = None
    consent_of: Literal["address", "person"] = "address"
    nameless_opt_outs: Literal["stop", "warn"] = "stop"
    nameless_opt_outs_reason: str | None = None
    unmatched_opt_outs: Literal["stop", "warn"] = "stop"
    unmatched_opt_outs_reason: str | None = None
    unread_opt_outs: Literal["stop", "warn"] = "stop"
    unread_opt_outs_reason: str | None = None
    minimum_age: Annotated[int, Field(ge=1, le=120)] | None = None
    unknown_birth_date: Literal["include", "exclude"] | None = None
    not_opt_outs: tuple[NotAnOptOut, ...] = ()
    purposes: tuple[str, ...] = ()
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
    controller: str | None = None
    data_protection_contact: str | None = None
    transfers: str | None = None
    salt: Annotated[str, Field(min_length=8)] = "change-me-once"
    fairness: FairnessConfig | None = None

    def answers_for(self, source: str) -> list[NotAnOptOut]:
        """What was answered for rows of a source."""
        return [answer for answer in self.not_opt_outs if answer.source == source]

    @model_validator(mode="after")
    def _reason(self) -> Self:
        if self.consent == "not_required" and not (self.consent_not_required_reason or "").strip():
            raise ValueError("'consent: not_required' needs 'consent_not_required_reason'")
        if (self.minimum_age is None) != (self.unknown_birth_date is None):
            raise ValueError("'minimum_age' and 'unknown_birth_date: include | exclude' are given together")
        for name, reason in (
            ("nameless_opt_outs", self.nameless_opt_outs_reason),
            ("unmatched_opt_outs", self.unmatched_opt_outs_reason),
            ("unread_opt_outs", self.unread_opt_outs_reason),
        ):
            if getattr(self, name) == "warn" and not (reason or "").strip():
                raise ValueError(f"'{name}: warn' needs '{name}_reason'")
        return self
