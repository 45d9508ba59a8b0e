"""``identity`` in ``pipeline.yaml``: when two customers are taken for one, and when they are not."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from segmentation_pipeline.config.schema.base import Model
from segmentation_pipeline.contracts.sources.identity import IdentifierKind


class IdentityConfig(Model):
    """How customers of source ``identities`` are recognised.

    ``default_region`` reads national telephone numbers of customers whose country is not known.  An
    identifier that more than ``max_customers_per_identifier`` customers have, and a mailbox named in
    ``role_mailboxes`` (``info@...``), identifies nobody.  No cluster grows beyond ``max_cluster_size``
    customers.  Of the kinds in ``one_per_customer`` a person has one (of customer keys one per system):
    a weaker identifier never joins two customers who each have their own.
    """

    default_region: str | None = None
    max_customers_per_identifier: Annotated[int, Field(ge=2)] = 5
    max_cluster_size: Annotated[int, Field(ge=2)] = 10
    one_per_customer: tuple[IdentifierKind, ...] = ("loyalty_card",)
    role_mailboxes: tuple[str, ...] = (
        "admin",
        "bounce",
        "contact",
        "donotreply",
        "hello",
        "info",
        "kontakt",
        "mail",
        "marketing",
        "no-reply",
        "noreply",
        "office",
        "postmaster",
        "sales",
        "service",
        "shop",
        "support",
        "test",
        "webmaster",
    )

    @field_validator("default_region")
    @classmethod
    def _known_region(cls, value: str | None) -> str | None:
        if value is not None:
            from phonenumbers import SUPPORTED_REGIONS

            if value not in SUPPORTED_REGIONS:
                raise ValueError(f"'{value}' is not a country of two capital letters such as DE (ISO 3166)")
        return value
