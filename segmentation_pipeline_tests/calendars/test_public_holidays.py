"""What is asked of the library ``holidays``, on days anybody can look up."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.calendars.public_holidays import country_codes, feasts, is_place, parts, public_holidays


def test_a_country_has_codes_of_two_and_three_letters() -> None:
    codes = country_codes()
    assert codes["DE"] == codes["DEU"] == "DE"
    assert "GERMANY" not in codes


def test_parts_of_a_country_by_name_and_code() -> None:
    assert parts("DE")["nordrhein-westfalen"] == parts("DE")["nw"] == "NW"
    assert is_place("DE-BY") and is_place("FR") and not is_place("DE-XX") and not is_place("XX")


def test_public_holidays_are_those_of_the_place() -> None:
    """All Saints' Day 2024: off in Bavaria, not in Berlin; the day of a first January on a Saturday is made up for in Britain."""
    all_saints = date(2024, 11, 1)
    assert dict(public_holidays("DE-BY", 2024, 2024))[all_saints] == "All Saints' Day"
    assert all_saints not in dict(public_holidays("DE-BE", 2024, 2024))
    assert date(2022, 1, 3) in dict(public_holidays("GB", 2022, 2022))


def test_feasts_bear_english_and_own_names_on_the_day_itself() -> None:
    found = feasts("DE", 2024, 2024)
    assert {(date(2024, 5, 1), "Labor Day"), (date(2024, 5, 1), "Erster Mai")} <= set(found)
    assert (date(2024, 2, 14), "Valentine's Day") in feasts("US", 2024, 2024), "also what nobody has off"
    assert date(2022, 1, 3) not in {day for day, _ in feasts("GB", 2022, 2022)}
