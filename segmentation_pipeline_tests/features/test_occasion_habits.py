"""Invented customers with known habits: lift finds what each buys for, and leaves alone who only buys a lot."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from pydantic import TypeAdapter
from sklearn.metrics import adjusted_mutual_info_score

from segmentation_pipeline.calendars.windows import Window, windows
from segmentation_pipeline.config.schema import Occasion, PrivacyConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import config, write
from segmentation_pipeline_tests.features.project import Features, features_of_files

FIRST, AS_OF = date(2022, 1, 1), date(2024, 12, 31)
OCCASIONS: dict[str, dict[str, object]] = {
    "gift_season": {"kind": "yearly", "from": "11-20", "to": "12-24"},
    "back_to_school": {"kind": "yearly", "from": "08-10", "to": "09-10"},
    "easter": {"kind": "holiday", "holiday": "Easter Monday", "country": "DE", "days_before": 14},
    "payday": {"kind": "month_days", "days": ["28-31", "1-2"]},
    "birthday": {"kind": "birthday", "days_before": 10, "days_after": 4},
}
HABITS = (*OCCASIONS, "none", "frequent")
EACH = 40
"""Customers of each habit."""


def _order_days(habit: str, born: date, chance: random.Random) -> list[date]:
    """Three years of order days: of nine, two in three for the occasion, or all on any day; the frequent have a hundred."""
    days = [FIRST + timedelta(days=number) for number in range((AS_OF - FIRST).days + 1)]
    if habit not in OCCASIONS:
        return chance.sample(days, 100 if habit == "frequent" else 9)
    inside: Callable[[date], bool] = _in_birthday_window(born) if habit == "birthday" else _in_windows(OCCASIONS[habit])
    return chance.sample([day for day in days if inside(day)], 6) + chance.sample(days, 3)


def _in_windows(occasion: dict[str, object]) -> Callable[[date], bool]:
    parsed: Occasion = TypeAdapter(Occasion).validate_python(occasion)
    found: list[Window] = windows(parsed, FIRST, AS_OF)
    return lambda day: any(start <= day <= end for start, end in found)


def _in_birthday_window(born: date) -> Callable[[date], bool]:
    birthdays = [born.replace(year=year) for year in range(FIRST.year - 1, AS_OF.year + 2)]
    return lambda day: any(-10 <= (day - birthday).days <= 4 for birthday in birthdays)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Features:
    folder, chance = tmp_path_factory.mktemp("habits"), random.Random(20241231)
    customers, orders = ["customer_id,birth_date"], ["order_id,customer_id,ordered_at,amount"]
    for habit in HABITS:
        for number in range(EACH):
            customer, born = f"{habit}-{number}", date(1980, 1, 1) + timedelta(days=chance.randrange(58))
            customers.append(f"{customer},{born}")
            orders += [f"{customer}-{n},{customer},{day},10" for n, day in enumerate(_order_days(habit, born, chance))]
    write(folder, "customers", *customers)
    write(folder, "orders", *orders)
    made = config(
        {
            "orders": {"columns": {name: name for name in orders[0].split(",")}},
            "customers": {"columns": {name: name for name in customers[0].split(",")}},
        },
        features={"occasions": OCCASIONS},
    )
    engine = DuckDBEngine(None)
    allowed = made.model_copy(update={"privacy": PrivacyConfig(attributes=("birthday",))})
    found = features_of_files(engine, folder, allowed, AS_OF)
    engine.close()
    return found


def test_the_top_occasion_is_what_each_buys_for(found: Features, capsys: pytest.CaptureFixture[str]) -> None:
    """Adjusted mutual information (Vinh, Epps & Bailey 2010): 0 is chance, 1 is the same partition."""
    habits = [customer.split("-")[0].replace("frequent", "none") for customer in found]
    told = [str(row["top_occasion"] or "none") for row in found.values()]
    agreement = adjusted_mutual_info_score(habits, told)
    chance, shuffles = random.Random(0), []
    for _ in range(20):
        shuffles.append(adjusted_mutual_info_score(habits, chance.sample(told, len(told))))
    right = sum(habit == top for habit, top in zip(habits, told, strict=True))
    wrong = sum(habit == "none" != top for habit, top in zip(habits, told, strict=True))
    with capsys.disabled():
        print(  # noqa: T201
            f"\ntop_occasion: agreement with the habits of {len(told)} customers {agreement:.3f}; shuffled at most"
            f" {max(shuffles):.3f}; {right} right, {wrong} of {habits.count('none')} without a habit are given one"
        )
    assert agreement > 0.7
    assert agreement > 10 * max(shuffles)
    assert wrong / habits.count("none") < 0.1


def test_who_buys_a_lot_buys_in_every_window_and_for_none(found: Features) -> None:
    frequent = [row for customer, row in found.items() if customer.startswith("frequent")]
    # More than evidence would ask of an occasion, were it not for the lift.
    assert all(row["gift_season_occurrences"] >= 2 for row in frequent)
    assert sum(row["top_occasion"] is not None for row in frequent) <= 1
