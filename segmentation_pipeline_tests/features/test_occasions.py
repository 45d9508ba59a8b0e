"""Who buys for an occasion, on histories small enough to work out by hand, and on invented habits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from scipy.stats import binom

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config, PrivacyConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features import stored
from segmentation_pipeline.features.catalog import unavailable_columns
from segmentation_pipeline.features.occasions import lift_and_chance
from segmentation_pipeline_tests.clean.project import clean_all, config, write
from segmentation_pipeline_tests.features.project import Features, features, features_of_files

AS_OF = date(2025, 3, 31)
CUSTOMERS = (
    "customer_id,country,region,language,birth_date",
    "anna,DE,Bayern,de,1990-01-05",
    "bert,at,Wien,DE-at,1992-02-29",
    "carl,,,,",  # nobody knows where, nor when he was born
    "dora,Atlantis,,nl,1980-07-01",
    "emil,FRA,Bayern,,",  # a part of another country is none
)
ORDERS = (
    "order_id,customer_id,ordered_at,amount",
    "a1,anna,2023-12-20,10",  # gift season of 2023; 15 days before her birthday, a day too early
    "a2,anna,2023-12-20,10",  # the same day
    "a3,anna,2024-05-02,10",  # the day after Labour Day
    "a4,anna,2024-11-20,10",  # the first day of the season of 2024
    "a5,anna,2024-12-24,10",  # its last
    "a6,anna,2025-01-06,10",  # the day after her birthday
    "a7,anna,2025-04-20,10",  # not yet known: Easter
    "b1,bert,2024-02-28,10",  # the day before 29 February
    "b2,bert,2025-03-01,10",  # his birthday where 29 February is missing
    "c1,carl,2024-05-01,10",
    "c2,carl,2024-12-25,10",  # the season is over
    "e1,emil,2024-05-01,10",
)
OCCASIONS: dict[str, object] = {
    "gift_season": {"kind": "yearly", "from": "11-20", "to": "12-24"},
    "new_year": {"kind": "yearly", "from": "12-28", "to": "01-06"},
    "labour_day": {"kind": "holiday", "holiday": ["Labor Day"], "country": "customer", "days_after": 1},
    "birthday": {"kind": "birthday", "days_before": 14, "days_after": 1},
}


SOURCES: dict[str, dict[str, object]] = {
    "orders": {"columns": {name: name for name in ORDERS[0].split(",")}},
    "customers": {"columns": {name: name for name in CUSTOMERS[0].split(",")}},
}


def configured(*attributes: str, **changed: object) -> Config:
    pipeline = {"occasions": OCCASIONS, "public_holidays": True, "observances": OBSERVANCES} | changed
    made = config(SOURCES, features=pipeline)
    return made.model_copy(update={"privacy": PrivacyConfig.model_validate({"attributes": attributes})})


OBSERVANCES: dict[str, object] = {
    "corpus_christi": {"places": ["AT", "DE-BY"]},
    "sinterklaas": {"places": ["NL", "BE"], "languages": ["nl"]},
}
CONFIG = configured("country", "region", "language", "birthday")


def _write(folder: Path, orders: tuple[str, ...] = ORDERS) -> Path:
    write(folder, "customers", *CUSTOMERS)
    write(folder, "orders", *orders)
    return folder


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """An engine with the clean tables, which are the same for every configuration of features."""
    engine = DuckDBEngine(None)
    clean_all(engine, _write(tmp_path_factory.mktemp("occasions")), CONFIG, AS_OF)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def found(cleaned: DuckDBEngine) -> Features:
    return features(cleaned, CONFIG, AS_OF)


def of(row: dict[str, object], occasion: str) -> tuple[object, ...]:
    return tuple(row[f"{occasion}_{name}"] for name in ("window_days", "order_days", "occurrences", "lift", "chance"))


def test_order_days_in_windows_against_all_days(found: Features) -> None:
    """From 2023-12-20 to 2025-03-31 are 468 days; the season has 5 of 2023 and 35 of 2024; 3 of 5 order days are inside.

    The chance: exp(-(3 ln(0.6 / 0.0855) + 2 ln(0.4 / 0.9145))).
    """
    assert of(found["anna"], "gift_season") == (40, 3, 2, 7.02, 0.01511)


def test_a_window_that_wraps_the_year_is_one(found: Features) -> None:
    """28 December to 6 January twice: 20 days."""
    assert of(found["anna"], "new_year")[:4] == (20, 1, 1, round(468 / 100, 6))


def test_a_holiday_is_that_of_where_the_customer_lives(found: Features) -> None:
    """Carl's country is not known: neither are his windows.  The chance of Anna's: 1 / 46.8 * (466 / 468 / 0.8) ** 4."""
    assert of(found["anna"], "labour_day") == (2, 1, 1, 46.8, 0.051281)
    assert of(found["carl"], "labour_day") == (None,) * 5
    assert of(found["emil"], "labour_day")[:3] == (2, 1, 1)


def test_a_birthday_is_the_customers_own(found: Features) -> None:
    """Anna's windows: 2023-12-22 to 2024-01-06 and 2024-12-22 to 2025-01-06, all 32 days of them since her first order.

    Bert's birthday of 2024 is 29 February, of 2025 1 March: since 2024-02-28 there were 3 days of the first
    window and 16 of the second."""
    assert of(found["anna"], "birthday")[:3] == (32, 2, 1)
    assert of(found["bert"], "birthday")[:3] == (19, 2, 2)
    assert of(found["carl"], "birthday") == (None,) * 5


def test_who_has_not_ordered_has_done_nothing_and_nothing_is_known(found: Features) -> None:
    assert of(found["dora"], "gift_season") == (None, 0, 0, None, None)
    assert of(found["dora"], "birthday") == (None,) * 5


def test_the_top_occasion_needs_evidence(found: Features) -> None:
    """Anna's lift for Labour Day is the highest, but she bought for it once."""
    assert found["anna"]["labour_day_lift"] > found["anna"]["gift_season_lift"]  # type: ignore[operator]
    tops = {name: row["top_occasion"] for name, row in found.items()}
    assert tops == {"anna": "gift_season", "bert": "birthday", "carl": None, "dora": None, "emil": None}


def test_the_chance_is_never_below_the_binomial_tail_and_is_it_when_all_days_are_inside() -> None:
    """The tail as SciPy has it, for up to 12 order days of which a fifth of all days is in windows."""
    counts = [(n, k) for n in range(1, 13) for k in range(n + 1)]
    columns = {"order_days": [n for n, _ in counts], "o_order_days": [k for _, k in counts]}
    engine = DuckDBEngine(None)
    table = engine.memtable(columns, dict.fromkeys(columns, "int64")).mutate(o_window_days=73, tenure_days=364)
    told = engine.rows(table.select("order_days", "o_order_days", **lift_and_chance(table, "o")))
    engine.close()
    assert len(told) == len(counts)
    for row in told:
        n, k, chance = (row[name] for name in ("order_days", "o_order_days", "o_chance"))
        tail = binom.sf(k - 1, n, 0.2)  # type: ignore[operator]
        assert chance >= tail - 1e-6  # type: ignore[operator]
        if n == k:
            assert chance == pytest.approx(tail, abs=1e-6)


def test_equal_evidence_is_decided_by_the_order_in_the_configuration(cleaned: DuckDBEngine) -> None:
    twice = {"second": OCCASIONS["gift_season"], "first": OCCASIONS["gift_season"]}
    assert features(cleaned, configured(occasions=twice), AS_OF)["anna"]["top_occasion"] == "second"


def test_stricter_evidence_leaves_fewer(cleaned: DuckDBEngine) -> None:
    strict = configured(occasions={"gift_season": OCCASIONS["gift_season"]}, occasion_evidence={"max_chance": 0.01})
    assert features(cleaned, strict, AS_OF)["anna"]["top_occasion"] is None


def test_holidays_ahead_where_the_customer_lives(found: Features) -> None:
    """Good Friday 2025, 18 April, is no holiday in Austria; there Easter Monday is the next.  In France only its east has it."""
    told = {name: (row["holiday_region"], row["next_holiday"], row["days_to_next_holiday"]) for name, row in found.items()}
    assert told == {
        "anna": ("DE-BY", "Good Friday", 18),
        "bert": ("AT-9", "Easter Monday", 21),
        "carl": (None, None, None),
        "dora": (None, None, None),
        "emil": ("FR", "Easter Monday", 21),
    }


def test_observances_are_told_from_place_and_language_alone(found: Features) -> None:
    told = {name: (row["observance_corpus_christi"], row["observance_sinterklaas"]) for name, row in found.items()}
    assert told == {
        "anna": (True, False),
        "bert": (True, False),
        "carl": (None, None),
        "dora": (None, True),
        "emil": (False, False),
    }


def test_an_observance_keeps_its_occasion_to_those_it_concerns(cleaned: DuckDBEngine) -> None:
    """Anna lives in Bavaria."""
    for place, expected in (("DE-BY", "gift_season"), ("DE-BE", None)):
        observed = {"season": {"places": [place], "occasion": "gift_season"}}
        occasions = {"gift_season": OCCASIONS["gift_season"]}
        found = features(cleaned, configured("country", "region", occasions=occasions, observances=observed), AS_OF)
        assert found["anna"]["top_occasion"] == expected


def test_what_privacy_does_not_allow_is_not_used(cleaned: DuckDBEngine) -> None:
    """Without the region Bavaria is Germany; without birthdays there is no birthday occasion."""
    found = features(cleaned, configured("country"), AS_OF)
    assert found["anna"]["holiday_region"] == "DE"
    assert found["dora"]["observance_sinterklaas"] is None, "the language may not be used"
    assert not [column for column in found["anna"] if column.startswith("birthday")]
    reasons = unavailable_columns(configured("region"))
    assert reasons["holiday_region"] == "privacy.yaml does not allow the attribute country"


def test_orders_alone_have_the_occasions_that_are_everybodys(cleaned: DuckDBEngine) -> None:
    alone = config({"orders": SOURCES["orders"]}, features={"occasions": OCCASIONS})
    found = features(cleaned, alone, AS_OF)
    assert of(found["anna"], "gift_season")[:3] == (40, 3, 2)
    reasons = unavailable_columns(alone)
    assert reasons["labour_day_lift"] == "needs customers.country, which no source maps"
    assert "labour_day_lift" not in found["anna"] and "birthday_lift" not in found["anna"]
    assert unavailable_columns(config({"orders": {}}))["top_occasion"] == "features.occasions in pipeline.yaml lists no occasion"


def test_inside_and_outside_are_all_days(cleaned: DuckDBEngine) -> None:
    """An occasion and the rest of the year as another: their windows make up every day, for everybody."""
    halves = {
        "season": {"kind": "yearly", "from": "11-20", "to": "02-29"},
        "rest": {"kind": "yearly", "from": "03-01", "to": "11-19"},
    }
    found = features(cleaned, configured(occasions=halves), AS_OF)
    buyers = [row for row in found.values() if row["frequency"]]
    assert len(buyers) == 4
    for row in buyers:
        assert row["season_window_days"] + row["rest_window_days"] == row["tenure_days"] + 1  # type: ignore[operator]
        assert row["season_order_days"] + row["rest_order_days"] == row["order_days"]  # type: ignore[operator]


@pytest.mark.long
def test_days_go_by_and_windows_with_them(tmp_path: Path) -> None:
    """Runs that each build on the day before see what a run from nothing sees, also when an earlier order comes late."""
    files, building = _write(tmp_path), DuckDBEngine(None)
    features_of_files(building, files, CONFIG, AS_OF)
    before = AS_OF
    for days in (1, 31, 300, 270):
        later, changes = AS_OF + timedelta(days=days), ChangeSet(before)
        if days == 31:
            _write(files, (*ORDERS, "d1,dora,2022-06-30,10"))
        clean_all(building, files, CONFIG, later, changes)
        full_refresh = DuckDBEngine(None)
        assert features(building, CONFIG, later, changes) == features_of_files(full_refresh, files, CONFIG, later), later
        full_refresh.close()
        before = later
    building.close()


def test_a_quiet_day_makes_nobodys_row_anew_but_of_those_who_have_birthday_about(tmp_path: Path) -> None:
    """Both days lie in the gift season; on the second Anna's window begins."""
    files, engine = _write(tmp_path), DuckDBEngine(None)
    before = date(2024, 12, 10)
    clean_all(engine, files, CONFIG, before)
    for day, expected in ((date(2024, 12, 11), set()), (date(2024, 12, 22), {"anna"})):
        changes = ChangeSet(day - timedelta(days=1))
        clean_all(engine, files, CONFIG, day, changes)
        stored.find_dirty(engine, CONFIG, day, changes)
        assert {row["customer_id"] for row in engine.rows(engine.table(tables.DIRTY_CUSTOMERS))} == expected
    engine.close()
