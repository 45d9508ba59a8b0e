"""``identity`` in ``pipeline.yaml``: when two customers are taken for one, and when they are not."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from segmentation_pipeline.config.schema.base import MOST, Model, PlainText
from segmentation_pipeline.contracts.sources.identity import IdentifierKind

Contradiction = Literal["birth_date", "first_name"]


class IdentityConfig(Model):
    """How customers of source ``identities`` are recognised.

    ``default_region`` reads national telephone numbers of customers whose country is not known.  An
    identifier that more than ``max_customers_per_identifier`` customers have, and a mailbox named in
    ``role_mailboxes`` (``info@...``), identifies nobody.  No cluster grows beyond ``max_cluster_size``
    customers.  Of the kinds in ``one_per_customer`` a person has one (of customer keys one per system):
    a weaker identifier never joins two customers who each have their own.

    ``placeholders`` are further values that stand for none, beside the usual ones (``n/a``, ``000000``, ``none@...``); one
    that ends in ``@`` is a mailbox of any domain.  ``contradictions`` are the differences between customers that keep
    them apart whatever they share; an empty list turns that off.
    """

    default_region: str | None = None
    max_customers_per_identifier: Annotated[int, Field(ge=2, le=MOST)] = 5
    max_cluster_size: Annotated[int, Field(ge=2, le=MOST)] = 10
    one_per_customer: tuple[IdentifierKind, ...] = ("loyalty_card",)
    placeholders: tuple[PlainText, ...] = ()
    contradictions: tuple[Contradiction, ...] = ("birth_date", "first_name")
    role_mailboxes: tuple[str, ...] = (
        "abuse",
        "accounting",
        "admin",
        "billing",
        "bestellung",
        "bestellungen",
        "bonjour",
        "booking",
        "bounce",
        "buchhaltung",
        "buero",
        "cash",
        "commande",
        "contact",
        "contacto",
        "customerservice",
        "donotemail",
        "donotreply",
        "einkauf",
        "filiale",
        "hallo",
        "hello",
        "help",
        "helpdesk",
        "hola",
        "hostmaster",
        "hotline",
        "info",
        "invoice",
        "kasse",
        "kontakt",
        "kundendienst",
        "kundenservice",
        "mail",
        "marketing",
        "newsletter",
        "no-reply",
        "noreply",
        "office",
        "order",
        "orders",
        "ordini",
        "pos",
        "post",
        "postmaster",
        "reception",
        "rechnung",
        "rezeption",
        "root",
        "sales",
        "service",
        "shop",
        "store",
        "support",
        "team",
        "test",
        "vendite",
        "ventas",
        "ventes",
        "verkauf",
        "verwaltung",
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

    @field_validator("placeholders")
    @classmethod
    def _says_something(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if not any(sign.isalnum() for sign in entry):
                raise ValueError(f"'{entry}' has no letter or digit; empty values and punctuation never connect anybody anyway")
        return value
