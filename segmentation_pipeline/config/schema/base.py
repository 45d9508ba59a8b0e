"""What every configuration model shares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from segmentation_pipeline.contracts.text import plain

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=63,
        description="a name of lower-case letters, digits and _, beginning with a letter, of at most 63 characters",
    ),
]


MOST_DAYS = 36_500
"""A hundred years: more days than a calendar can be counted back by."""

MOST = 1_000_000_000_000
"""More than there is of anything that is counted here."""


AMOUNT_DECIMALS = 6


def _as_written(value: object) -> object:
    """A number of the file as the decimal it spells; a truth value or a text is none."""
    return Decimal(repr(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


Amount = Annotated[
    Decimal,
    BeforeValidator(_as_written),
    Field(
        ge=0,
        le=MOST,
        decimal_places=AMOUNT_DECIMALS,
        description=f"an amount of money in the base currency, 0 or more, of at most {AMOUNT_DECIMALS} decimals",
    ),
]
"""Money that is compared exactly: a message may cost a fraction of a cent."""


class Model(BaseModel):
    """Unknown keys are mistakes and a loaded configuration never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


PlainText = Annotated[str, AfterValidator(plain)]
"""A text that is compared with values of customers, in the form that these have."""


def _as_tuple(value: object) -> object:
    """A list is one where a model's validator has already read the file's content: strictly, Python's lists are no tuples."""
    return tuple(value) if isinstance(value, list) else value


def _as_day(value: object) -> object:
    """A text is a day where a model's validator has already read the file's content: strictly, Python's texts are none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2024-01-31") else value
    except ValueError:
        return value


DayOfFile = Annotated[date, BeforeValidator(_as_day)]
Languages = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}$", description="a language such as de (ISO 639)")], ...],
    BeforeValidator(_as_tuple),
]
Names = Annotated[tuple[Name, ...], BeforeValidator(_as_tuple)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
PlainTexts = Annotated[tuple[PlainText, ...], BeforeValidator(_as_tuple)]
LineOfText = Annotated[
    str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$", description="a text of one line, at most 500 signs")
]
"""A text that goes into files, each line of which is a row."""


class Labelled(Model):
    """Something people name and may name anew: its name is a label, its ``key`` is who it is.

    What is kept from day to day (arms, history, contacts) is kept by the key, which is the first name unless one is
    given.  ``formerly`` lists the names it had, the first one first.
    """

    key: Name | None = None
    formerly: Names = ()

    def key_under(self, name: str) -> str:
        """The key, where ``name`` is what it is called now."""
        return self.key or (self.formerly[0] if self.formerly else name)


def known_timezone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"'{value}' is not an IANA time zone such as Europe/Berlin")
    return value


def _plain_true(value: object) -> object:
    """``when: true`` is a rule like any other, though YAML reads it as a truth value."""
    return str(value).lower() if isinstance(value, bool) else plain(value) if isinstance(value, str) else value


RuleText = Annotated[str, BeforeValidator(_plain_true), Field(description="a rule, such as frequency >= 3 and clv > 100")]


def _plain_number(value: object) -> object:
    """A calculation may be one number, which YAML reads as such."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else plain(value) if isinstance(value, str) else value


CalculationText = Annotated[
    str, BeforeValidator(_plain_number), Field(description="a calculation, such as 0.03 * expected_order_value")
]
