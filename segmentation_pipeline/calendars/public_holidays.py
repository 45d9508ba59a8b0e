"""Holidays by country and part of it, as the library ``holidays`` knows them.

A *place* is a country (``DE``) or a part of one (``DE-BY``), by ISO 3166.  The library is imported
where it is used: most projects ask for no holiday.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

_ENGLISH = "en_US"
_NAMES_BETWEEN = (2021, 2026)
"""The years whose names of holidays are known when the configuration is checked."""


@cache
def countries() -> frozenset[str]:
    """The countries with holidays, two letters each."""
    import holidays

    return frozenset(holidays.list_supported_countries(include_aliases=False))


@cache
def country_codes() -> dict[str, str]:
    """Two and three letters in upper case to the country's two: ``DEU`` and ``DE`` to ``DE``."""
    from holidays.registry import COUNTRIES

    known = countries()
    codes = [(code, two) for _, two, *more in COUNTRIES.values() if two in known for code in (two, *more) if len(code) <= 3]
    return {code.upper(): two for code, two in codes}


@cache
def parts(country: str) -> dict[str, str]:
    """The parts of a country that have holidays of their own, by name and code in lower case.

    >>> parts("DE")["bayern"], parts("DE")["by"]
    ('BY', 'BY')
    """
    known = _calendar_class(country)
    named = {str(name): str(code) for name, code in known.subdivisions_aliases.items()}
    return {name.lower(): code for name, code in (named | {code: code for code in known.subdivisions}).items()}


def is_place(place: str) -> bool:
    """Whether the library knows the country, and its part if one is named."""
    country, _, part = place.partition("-")
    return country in countries() and (not part or part in parts(country).values())


@cache
def public_holidays(place: str, first_year: int, last_year: int) -> tuple[tuple[date, str], ...]:
    """Days off by law with their English names, in order; days taken instead of a holiday on a week-end included."""
    country, _, part = place.partition("-")
    known = _calendar_class(country)
    found = known(subdiv=part or None, years=range(first_year, last_year + 1), language=_english(known))
    return tuple(sorted(found.items()))


@cache
def feasts(place: str, first_year: int, last_year: int) -> tuple[tuple[date, str], ...]:
    """Every holiday and feast of a place by each of its names, English and own, on the day itself: day and name, in order."""
    country, _, part = place.partition("-")
    known = _calendar_class(country)
    found: set[tuple[date, str]] = set()
    for language in {_english(known), known.default_language}:
        calendar = known(
            subdiv=part or None,
            years=range(first_year, last_year + 1),
            language=language,
            categories=known.supported_categories,
            observed=False,
        )
        found |= {(day, name) for day, names in calendar.items() for name in names.split("; ")}
    return tuple(sorted(found))


def is_named(feast: str, name: str) -> bool:
    """Whether a feast of the library bears the name, whatever its case; a day that is not yet announced counts.

    >>> is_named("Eid al-Fitr (estimated)", "eid al-fitr")
    True
    """
    return feast.casefold().removesuffix(" (estimated)") == name.casefold()


def feast_names(place: str) -> set[str]:
    """The names of a place's holidays and feasts."""
    return {name for _, name in feasts(place, *_NAMES_BETWEEN)}


def all_feast_names() -> Iterator[set[str]]:
    """The names of the holidays and feasts of one country after the other."""
    return (feast_names(country) for country in sorted(countries()))


def _calendar_class(country: str) -> Any:
    import holidays

    return getattr(holidays, country)


def _english(known: Any) -> str | None:
    """English where the library has it; else the only language there is."""
    return _ENGLISH if _ENGLISH in known.supported_languages else known.default_language
