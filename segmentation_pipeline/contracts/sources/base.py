"""What the contract of a source is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from segmentation_pipeline.contracts.columns import Column, Type


@dataclass(frozen=True, slots=True)
class Reference:
    """``column`` of this source must exist as ``to_column`` of the clean table ``to_source``."""

    column: str
    to_source: str
    to_column: str


@dataclass(frozen=True, slots=True)
class Source:
    """A source's contract.

    ``natural_key`` identifies the thing a row describes; of several accepted rows with one key
    the latest by ``version`` (then file name, then row) is kept, the others are superseded.
    ``event_time`` decides what was known at the end of an ``as_of`` day; sources without it are
    plain dimensions, known as received.  ``any_of`` are columns of which a row must fill at least one.
    ``same_in_copies`` are columns in which rows of one key agree whatever their version, ``same_in_version`` those in which
    rows of one version do: otherwise the key is none.  ``signed`` are columns whose negative values say that the row is no
    sale; what they are the configuration says.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    natural_key: tuple[str, ...]
    event_time: str | None = None
    version: str | None = None
    references: tuple[Reference, ...] = ()
    required: bool = False
    any_of: tuple[str, ...] = ()
    same_in_copies: tuple[str, ...] = ()
    same_in_version: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def names_key(self, column: Column) -> str:
        """What the key in ``column`` is called where it belongs: ``other_customer_id`` is a ``customer_id``."""
        return next((r.to_column for r in self.references if r.column == column.name), column.name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def pii_columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.pii)

    def with_max_amount(self, amount: float | None) -> Source:
        """The contract in which no money may be more than ``amount``; None: as it is."""
        if amount is None:
            return self
        limited = (replace(c, maximum=amount) if c.type is Type.MONEY and c.maximum else c for c in self.columns)
        return replace(self, columns=tuple(limited))

    def with_names(self, names: tuple[str, ...]) -> Source:
        """The contract in which ``names`` are allowed too, in columns that are ``nameable``."""
        named = (replace(c, allowed=tuple(dict.fromkeys((*c.allowed, *names)))) if c.nameable else c for c in self.columns)
        return replace(self, columns=tuple(named)) if names else self

    @property
    def key_is_personal(self) -> bool:
        """Whether the natural key holds personal data, which no table outside schema pii may."""
        return not set(self.natural_key).isdisjoint(self.pii_columns)


def key(name: str, description: str) -> Column:
    return Column(name, Type.TEXT, description, required=True, is_key=True)


def optional_key(name: str, description: str, null_means: str) -> Column:
    return Column(name, Type.TEXT, description, null_means=null_means, is_key=True)


def text(name: str, description: str, *, pii: bool = False, required: bool = False, allowed: tuple[str, ...] = ()) -> Column:
    null_means = None if required else "not known"
    return Column(name, Type.TEXT, description, null_means=null_means, pii=pii, required=required, allowed=allowed)


UPDATED_AT = Column(
    "updated_at", Type.INSTANT, "When the row was last changed at its origin.", unit="UTC", null_means="never corrected"
)
CURRENCY = Column(
    "currency",
    Type.TEXT,
    "Currency of the row's amounts in the file, ISO 4217; once clean they are in the base currency.",
    null_means="the base currency",
    decides=True,
)
EXCHANGE_RATE = Column(
    "exchange_rate",
    Type.NUMBER,
    "What one unit of the row's currency is in the base currency: the rate its amounts were converted by.",
    null_means="not converted",
    minimum=1e-9,
    maximum=1e9,
    decides=True,
)
OF_CUSTOMER = Reference("customer_id", "customers", "customer_id")


def free_text(name: str, description: str) -> Column:
    return Column(name, Type.TEXT, description, null_means="not known", free=True)


def count(name: str, description: str, unit: str) -> Column:
    return Column(name, Type.INTEGER, description, unit=unit, null_means="not known", minimum=0.0, maximum=1_000_000_000.0)


def instant(name: str, description: str) -> Column:
    return Column(name, Type.INSTANT, description, unit="UTC", required=True)
