"""Mistakes in occasions and observances are told when the configuration loads, with the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError, Diagnostic
from segmentation_pipeline.config.schema import HolidayOccasion, MonthDaysOccasion
from segmentation_pipeline.project.configuration import load_config

SOURCES = "sources:\n  orders: {files: orders.csv}\n  customers: {files: customers.csv}\n"


def _load(folder: Path, features: str, privacy: str):  # type: ignore[no-untyped-def]
    (folder / "sources.yaml").write_text(SOURCES)
    (folder / "pipeline.yaml").write_text(f"features:\n{features}")
    (folder / "privacy.yaml").write_text(f"attributes: [{privacy}]\n")
    return load_config(folder)


def only(folder: Path, features: str, privacy: str = "country") -> Diagnostic:
    with pytest.raises(ConfigError) as caught:
        _load(folder, features, privacy)
    (problem,) = caught.value.problems
    return problem


def occasion(body: str) -> str:
    return f"  occasions:\n    o: {{{body}}}\n"


@pytest.mark.parametrize(
    ("features", "key_path", "found", "rest"),
    [
        (occasion("from: 11-20, to: 12-24"), "features.occasions.o", "no key 'kind'", "birthday, dates, holiday, month_days"),
        (occasion("kind: yearli"), "features.occasions.o.kind", "'yearli'", "did you mean 'yearly'?"),
        (occasion("kind: yearly, from: 11-31, to: 12-24"), "features.occasions.o.from", "'11-31' is no day of any year", ""),
        (occasion("kind: yearly, from: 1120, to: 12-24"), "features.occasions.o.from", "1120", "such as 12-24"),
        (occasion("kind: yearly, from: 11-20"), "features.occasions.o", "no key 'to'", "such as 12-24"),
        (occasion("kind: yearly, from: 03-01, to: 02-29"), "features.occasions.o", "an occasion on every day", "days outside it"),
        (occasion("kind: month_days, days: [31-25]"), "features.occasions.o.days[0]", "'31-25' are no days of a month", ""),
        (occasion("kind: month_days, days: [1-31]"), "features.occasions.o", "an occasion on every day", ""),
        (occasion("kind: months, months: [13]"), "features.occasions.o.months[0]", "13", "at most 12"),
        (
            occasion("kind: dates, ranges: [{from: 2024-02-02, to: 2024-02-01}]"),
            "features.occasions.o.ranges[0]",
            "'to' lies before 'from'",
            "",
        ),
        (
            occasion("kind: holiday, holiday: Easter Munday, country: DE"),
            "features.occasions.o.holiday",
            "'Easter Munday', which is no holiday of DE",
            "did you mean 'Easter Monday'?",
        ),
        (
            occasion("kind: holiday, holiday: [Labor Day, Erster Mei], country: DE"),
            "features.occasions.o.holiday[1]",
            "'Erster Mei'",
            "did you mean 'Erster Mai'?",
        ),
        (
            occasion("kind: holiday, holiday: Labor Day, country: germany"),
            "features.occasions.o.country",
            "'germany'",
            "or 'customer'",
        ),
        (
            occasion("kind: holiday, holiday: Labor Day, country: XX"),
            "features.occasions.o.country",
            "'XX', a country of which no holidays are known",
            "country code",
        ),
        (
            occasion("kind: holiday, holiday: Labor Day, country: DE-BX"),
            "features.occasions.o.country",
            "'DE-BX', which is no part of DE",
            "one of: DE, DE-Augsburg, DE-BB",
        ),
        (
            occasion("kind: holiday, holiday: Labor Day, country: customer"),
            "features.occasions.o.country",
            "'customer' without the holidays of where customers live",
            "public_holidays: true",
        ),
        (
            occasion("kind: birthday"),
            "features.occasions.o",
            "birthdays, which privacy.yaml does not allow",
            "attributes: birthday",
        ),
        ("  observances:\n    o: {places: [DE]}\n", "features.observances.o", "an observance without", "public_holidays: true"),
        ("  observances:\n    o: {}\n", "features.observances.o", "give 'places', 'languages' or both", ""),
        (
            "  public_holidays: true\n  observances:\n    o: {places: [DE, DE-BX]}\n",
            "features.observances.o.places[1]",
            "'DE-BX', which is no part of DE",
            "",
        ),
        (
            "  public_holidays: true\n  observances:\n    o: {places: [DE], occasion: wintr}\n"
            "  occasions:\n    winter: {kind: months, months: [1]}\n",
            "features.observances.o.occasion",
            "'wintr', which is no occasion",
            "did you mean 'winter'?",
        ),
        ("  occasion_evidence: {min_lft: 3}\n", "features.occasion_evidence.min_lft", "unknown key", "did you mean 'min_lift'?"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_nearest_name(
    tmp_path: Path, features: str, key_path: str, found: str, rest: str
) -> None:
    problem = only(tmp_path, features)
    assert problem.key_path == key_path and problem.line
    assert found in problem.found
    assert rest in f"{problem.expected} {problem.suggestion}"


def test_a_holiday_no_country_has_is_a_mistake_for_customers_too(tmp_path: Path) -> None:
    body = occasion("kind: holiday, holiday: Laber Day, country: customer")
    problem = only(tmp_path, f"  public_holidays: true\n{body}")
    assert "'Laber Day', which is no holiday of any country" in problem.found
    assert problem.suggestion == "did you mean 'Labor Day'?"


def test_the_holidays_of_customers_need_their_country(tmp_path: Path) -> None:
    features = "  public_holidays: true\n  observances:\n    o: {places: [DE]}\n"
    problem = only(tmp_path, features, privacy="region")
    assert problem.suggestion == "add it to privacy.yaml, attributes: country"


def test_occasions_of_every_kind_load(tmp_path: Path) -> None:
    features = """\
  public_holidays: true
  observances:
    carnival: {places: [DE-NW, DE-RP], languages: [pt], occasion: winter}
  occasions:
    gifts: {kind: yearly, from: 11-20, to: 12-24}
    easter: {kind: holiday, holiday: easter monday, country: DE-BY, days_before: 14}
    labour_day: {kind: holiday, holiday: [Labor Day, Labour Day], country: customer}
    payday: {kind: month_days, days: [25-31, 1-3, 15]}
    winter: {kind: months, months: [12, 1, 2]}
    birthday: {kind: birthday, days_before: 14, days_after: 7}
    sale: {kind: dates, ranges: [{from: 2024-11-29, to: 2024-12-02}]}
"""
    occasions = _load(tmp_path, features, "country, birthday").pipeline.features.occasions
    assert isinstance(occasions["labour_day"], HolidayOccasion) and occasions["labour_day"].names == ("Labor Day", "Labour Day")
    assert isinstance(occasions["payday"], MonthDaysOccasion) and occasions["payday"].days[-1] == "15"
