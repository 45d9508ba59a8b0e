"""The calendar beside the customers: which day lies in which window, and whose holidays count where.

Belongs here: two small tables whose size depends on days and places, never on customers.  What a
customer does in the windows is the business of the families ``occasions`` and ``culture``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.calendars.public_holidays import country_codes, parts, public_holidays
from segmentation_pipeline.calendars.windows import windows
from segmentation_pipeline.config.schema import BirthdayOccasion, Config, HolidayOccasion, Occasion
from segmentation_pipeline.config.schema.occasions import CUSTOMER
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.engine.base import Engine

NOWHERE = ""
"""The place of customers of whom no country with holidays is known."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The tables ``calendar`` and ``holiday_regions`` of a run."""

    days: ir.Table
    regions: ir.Table


def common_occasions(config: Config) -> dict[str, Occasion]:
    """The occasions whose windows are the same for all customers of a place: all but birthdays."""
    occasions = config.pipeline.features.occasions
    return {name: occasion for name, occasion in occasions.items() if not isinstance(occasion, BirthdayOccasion)}


def follows_customer(occasion: Occasion) -> bool:
    """Whether the windows are those of where the customer lives."""
    return isinstance(occasion, HolidayOccasion) and occasion.country == CUSTOMER


def regions_off(config: Config) -> str | None:
    """Why customers do not have the holidays of where they live; None when they do."""
    if not config.pipeline.features.public_holidays:
        return "features.public_holidays in pipeline.yaml is not on"
    if "country" not in config.privacy.attributes:
        return "privacy.yaml does not allow the attribute country"
    return None if config.has("customers") else "source 'customers' is not configured"


def has_calendar(config: Config) -> bool:
    return bool(common_occasions(config)) or regions_off(config) is None


def since(name: str) -> str:
    """The column of ``calendar`` with the first day of the window a day is in; null outside."""
    return f"{name}__since"


def days_upto(name: str) -> str:
    """The column of ``calendar`` with the days inside windows from its first day to this one."""
    return f"{name}__days_upto"


def calendar_columns(config: Config) -> tuple[Column, ...]:
    """What is documented of ``calendar``."""
    of_occasions = (
        column
        for name in common_occasions(config)
        for column in (
            Column(since(name), Type.DAY, f"First day of the window of {name} the day is in.", "day", "outside"),
            Column(days_upto(name), Type.INTEGER, f"Days in windows of {name} up to this one.", "days", "no such occasion here"),
        )
    )
    return (
        Column("place", Type.TEXT, "Country or part of it (ISO 3166); empty: where no place is known.", is_key=True),
        Column("day", Type.DAY, "The day.", is_key=True),
        Column("next_holiday", Type.TEXT, "Public holiday on this day or the next after it.", null_means="none known"),
        Column("next_holiday_date", Type.DAY, "Its day.", "day", "none known", ahead=True),
        *of_occasions,
    )


def write_calendar(engine: Engine, config: Config, as_of: date) -> None:
    """Write ``holiday_regions`` and ``calendar``: a day per row and place, from the first order's day to ``as_of``."""
    _write_regions(engine, config)
    regions = engine.table(tables.HOLIDAY_REGIONS)
    lived_in: list[str] = []
    if regions_off(config) is None:
        found = holiday_regions(engine.table(tables.clean("customers")), regions)
        lived_in = sorted(
            str(row["holiday_region"]) for row in engine.rows(found.select("holiday_region").distinct().drop_null())
        )
    orders = engine.table(tables.clean("orders"))
    [known] = engine.rows(orders.agg(first=orders.event_date.min()))
    first = known["first"] if isinstance(known["first"], date) else as_of
    columns: dict[str, list[object]] = {}
    for place in (NOWHERE, *lived_in):
        for name, values in _days_of(place, config, first, as_of).items():
            columns.setdefault(name, []).extend(values)
    schema = {column.name: column.type.ibis for column in calendar_columns(config)}
    engine.write(tables.CALENDAR, engine.memtable(columns, schema))


def holiday_regions(customers: ir.Table, regions: ir.Table) -> ir.Table:
    """customer_id and ``holiday_region``: the part of the country if it is known to have holidays of its own, else
    the country, else null."""
    # A view of its own: Ibis loses track of a computed key when the table is itself a join.
    keyed = customers.select(
        "customer_id", country_key=_country_key(customers.country), region_key=customers.region.strip().lower()
    ).view()
    whole = regions.filter(regions.region == "").select(country_key="country", whole="holiday_region")
    part = regions.filter(regions.region != "").select(country_key="country", region_key="region", part="holiday_region")
    found = keyed.left_join(whole, "country_key").drop("country_key_right")
    found = found.left_join(part, ["country_key", "region_key"])
    return found.select("customer_id", holiday_region=ibis.coalesce(found.part, found.whole))


def _write_regions(engine: Engine, config: Config) -> None:
    """``holiday_regions``: every spelling of a country of the customers and of its parts, and the place it means."""
    rows: list[tuple[str, str, str]] = []
    if regions_off(config) is None:
        codes, key = country_codes(), _country_key(engine.table(tables.clean("customers")).country)
        spellings = key.name("country").as_table().distinct()
        found = engine.rows(spellings.filter(spellings.country.isin(sorted(codes))))
        for spelt in sorted(str(row["country"]) for row in found):
            country = codes[spelt]
            rows.append((spelt, "", country))
            if "region" in config.privacy.attributes:
                rows += [(spelt, name, f"{country}-{code}") for name, code in sorted(parts(country).items())]
    columns = {
        "country": [row[0] for row in rows],
        "region": [row[1] for row in rows],
        "holiday_region": [row[2] for row in rows],
    }
    engine.write(tables.HOLIDAY_REGIONS, engine.memtable(columns, dict.fromkeys(columns, "string")))


def _country_key(country: ir.StringValue) -> ir.StringValue:
    return country.strip().upper()


def _days_of(place: str, config: Config, first: date, last: date) -> dict[str, list[object]]:
    """The columns of ``calendar`` for one place."""
    days = (last - first).days + 1
    columns: dict[str, list[object]] = {
        "place": [place] * days,
        "day": _all_days(first, last).tolist(),
        **_holidays_ahead(place, first, last),
    }
    for name, occasion in common_occasions(config).items():
        inside, begun = np.zeros(days, dtype=np.int64), np.full(days, None, dtype=object)
        for start, end in windows(occasion, first, last, place or None):
            stretch = slice(max((start - first).days, 0), (end - first).days + 1)
            inside[stretch], begun[stretch] = 1, start
        unknown = place == NOWHERE and follows_customer(occasion)
        columns[since(name)] = begun.tolist()
        columns[days_upto(name)] = [None] * days if unknown else inside.cumsum().tolist()
    return columns


def _holidays_ahead(place: str, first: date, last: date) -> dict[str, list[object]]:
    """For each day the public holiday on it or the next one, which may be the next year's."""
    known = public_holidays(place, first.year, last.year + 1) if place else ()
    days = np.array([day for day, _ in known], dtype="datetime64[D]")
    ahead = np.searchsorted(days, _all_days(first, last))
    found = [known[at] if at < len(known) else (None, None) for at in map(int, ahead)]
    return {"next_holiday": [name for _, name in found], "next_holiday_date": [day for day, _ in found]}


def _all_days(first: date, last: date) -> np.ndarray:
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)
