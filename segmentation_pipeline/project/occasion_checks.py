"""Do occasions and observances name holidays and places there are, and leave days outside?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import BirthdayOccasion, Config, HolidayOccasion, Occasion
from segmentation_pipeline.config.schema.occasions import CUSTOMER
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile

_FOUR_YEARS = date(2021, 1, 1), date(2024, 12, 31)
"""Days enough to see whether an occasion ever ends, a leap year included."""


def occasion_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Unknown countries and holidays, occasions that never end, and what privacy or a missing switch keeps off."""
    features = config.pipeline.features
    for name, occasion in features.occasions.items():
        place: KeyPath = ("features", "occasions", name)
        found = list(_holiday_problems(occasion, config, file, place))
        yield from found
        if isinstance(occasion, BirthdayOccasion):
            if "birthday" not in config.privacy.attributes:
                hint = "add it to privacy.yaml, attributes: birthday"
                yield file.problem(place, "birthdays, which privacy.yaml does not allow", "an occasion of another kind", hint)
        elif not found and _never_ends(occasion):
            yield file.problem(place, "an occasion on every day", "an occasion with days outside it")
    for name, observance in features.observances.items():
        place = ("features", "observances", name)
        yield from _region_problems(config, file, place, "an observance")
        if observance.occasion is not None and observance.occasion not in features.occasions:
            unknown, nearest = (
                f"'{observance.occasion}', which is no occasion",
                did_you_mean(observance.occasion, features.occasions),
            )
            yield file.problem((*place, "occasion"), unknown, one_of(features.occasions, "occasion"), nearest)
        for position, where in enumerate(observance.places):
            yield from _place_problems(where, file, (*place, "places", position))


def _holiday_problems(occasion: Occasion, config: Config, file: YamlFile, place: KeyPath) -> Iterator[Diagnostic]:
    if not isinstance(occasion, HolidayOccasion):
        return
    if occasion.country == CUSTOMER:
        yield from _region_problems(config, file, (*place, "country"), f"'{CUSTOMER}'")
    else:
        wrong = list(_place_problems(occasion.country, file, (*place, "country")))
        if wrong:
            yield from wrong
            return
    for position, name in enumerate(occasion.names):
        if (known := _names_without(name, occasion.country)) is not None:
            where = (*place, "holiday") if isinstance(occasion.holiday, str) else (*place, "holiday", position)
            whose = "any country" if occasion.country == CUSTOMER else occasion.country
            yield file.problem(
                where, f"'{name}', which is no holiday of {whose}", one_of(known, "holiday"), did_you_mean(name, known)
            )


def _names_without(name: str, country: str) -> set[str] | None:
    """The known names, when ``name`` is none of them."""
    # Here and not above: only projects with holidays load the library.
    from segmentation_pipeline.calendars.public_holidays import all_feast_names, feast_names, is_named

    known: set[str] = set()
    for names in all_feast_names() if country == CUSTOMER else (feast_names(country),):
        if any(is_named(feast, name) for feast in names):
            return None
        known |= names
    return known


def _place_problems(where: str, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
    from segmentation_pipeline.calendars.public_holidays import countries, is_place, parts

    if is_place(where):
        return
    country = where.partition("-")[0]
    if country not in countries():
        yield file.problem(
            path,
            f"'{where}', a country of which no holidays are known",
            one_of(countries(), "country code"),
            did_you_mean(where, countries()),
        )
        return
    known = {f"{country}-{code}" for code in parts(country).values()}
    yield file.problem(
        path,
        f"'{where}', which is no part of {country} with holidays of its own",
        one_of({country, *known}, "place"),
        did_you_mean(where, known),
    )


def _region_problems(config: Config, file: YamlFile, path: KeyPath, what: str) -> Iterator[Diagnostic]:
    """What needs the holidays of where customers live, and may not have them; without the source it is only off."""
    found = f"{what} without the holidays of where customers live"
    if not config.pipeline.features.public_holidays:
        yield file.problem(path, found, "public_holidays: true under features")
    elif "country" not in config.privacy.attributes:
        yield file.problem(
            path, f"{found}: privacy.yaml does not allow the country", "", "add it to privacy.yaml, attributes: country"
        )


def _never_ends(occasion: Occasion) -> bool:
    from segmentation_pipeline.calendars.windows import windows

    first, last = _FOUR_YEARS
    return any(start <= first and end >= last for start, end in windows(occasion, first, last))
