"""``features.occasions`` and ``features.observances`` of ``pipeline.yaml``: what people buy for, and whom it concerns."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from segmentation_pipeline.config.schema.base import MOST, Languages, Model, Share

CUSTOMER = "customer"
"""In place of a country: that of each customer."""


def _known_day_of_year(value: str) -> str:
    month, day = map(int, value.split("-"))
    try:
        date(2024, month, day)  # a leap year, so that 02-29 is a day
    except ValueError:
        raise ValueError(f"'{value}' is no day of any year") from None
    return value


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _known_days_of_month(value: str) -> str:
    first, _, last = value.partition("-")
    if not 1 <= int(first) <= int(last or first) <= 31:
        raise ValueError(f"'{value}' are no days of a month, first to last")
    return value


DayOfYear = Annotated[
    str,
    AfterValidator(_known_day_of_year),
    Field(pattern=r"^\d{2}-\d{2}$", description="a day of every year as month-day, such as 12-24"),
]
DaysOfMonth = Annotated[
    str,
    BeforeValidator(_text),
    AfterValidator(_known_days_of_month),
    Field(pattern=r"^\d{1,2}(-\d{1,2})?$", description="days of every month, such as 25-31 or 15"),
]
Place = Annotated[
    str,
    Field(pattern=r"^[A-Z]{2}(-.+)?$", description="a country such as DE or a part of one such as DE-BY (ISO 3166)"),
]
Around = Annotated[int, Field(ge=0, le=180)]


class YearlyOccasion(Model):
    """The same days every year, ``from`` the first to the last, both included; ``to`` before ``from`` reaches into the next year.

    02-29 is the last day of February.
    """

    kind: Literal["yearly"]
    start: Annotated[DayOfYear, Field(alias="from")]
    end: Annotated[DayOfYear, Field(alias="to")]


class HolidayOccasion(Model):
    """A ``holiday`` or feast by its name in the library ``holidays``, from ``days_before`` it to ``days_after`` it.

    ``country: customer`` takes the holidays of where each customer lives.  Names are in English or
    the country's language; with several, each is an occasion of its own.
    """

    kind: Literal["holiday"]
    holiday: str | tuple[str, ...]
    country: Annotated[
        str,
        Field(
            pattern=rf"^([A-Z]{{2}}(-.+)?|{CUSTOMER})$",
            description=f"a country such as DE, a part of one such as DE-BY (ISO 3166), or '{CUSTOMER}'",
        ),
    ]
    days_before: Around = 0
    days_after: Around = 0

    @property
    def names(self) -> tuple[str, ...]:
        return (self.holiday,) if isinstance(self.holiday, str) else self.holiday


class MonthDaysOccasion(Model):
    """``days`` of every month, such as those after payday; 31 is also the last day of a shorter month."""

    kind: Literal["month_days"]
    days: tuple[DaysOfMonth, ...] = Field(min_length=1)


class MonthsOccasion(Model):
    """Whole ``months``, 1 to 12, such as those of winter weather."""

    kind: Literal["months"]
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field(min_length=1)


class BirthdayOccasion(Model):
    """From ``days_before`` the customer's birthday to ``days_after`` it; on 1 March where 29 February is missing."""

    kind: Literal["birthday"]
    days_before: Around = 0
    days_after: Around = 0


class DateRange(Model):
    """``from`` a day ``to`` a day, both included."""

    start: Annotated[date, Field(alias="from")]
    end: Annotated[date, Field(alias="to")]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end < self.start:
            raise ValueError("'to' lies before 'from'")
        return self


class DatesOccasion(Model):
    """A calendar of one's own: ``ranges`` of days that follow no rule, such as sales or matches."""

    kind: Literal["dates"]
    ranges: tuple[DateRange, ...] = Field(min_length=1)


Occasion = Annotated[
    YearlyOccasion | HolidayOccasion | MonthDaysOccasion | MonthsOccasion | BirthdayOccasion | DatesOccasion,
    Field(discriminator="kind"),
]


class OccasionEvidence(Model):
    """How much must be known before ``top_occasion`` says that a customer buys for an occasion.

    Bought in at least ``min_occurrences`` of its windows, at least ``min_lift`` times as often
    inside as on any day alike, and with a chance of at most ``max_chance`` that it only looks so.
    """

    min_occurrences: Annotated[int, Field(ge=1, le=MOST)] = 2
    min_lift: Annotated[float, Field(gt=0.0)] = 2.0
    max_chance: Share = 0.05


class Observance(Model):
    """In which ``places``, or by speakers of which ``languages``, something is observed; a customer is never told from a name.

    ``occasion`` is one that others do not buy for: it is the ``top_occasion`` only of customers whom
    the observance concerns.
    """

    occasion: str | None = None
    places: tuple[Place, ...] = ()
    languages: Languages = ()

    @model_validator(mode="after")
    def _concerns_somebody(self) -> Self:
        if not self.places and not self.languages:
            raise ValueError("give 'places', 'languages' or both")
        return self
