"""Building on the last run gives what making everything anew gives, whatever came, changed or went, in any order of days."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from segmentation_pipeline.assets import features, identity, privacy
from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config, PrivacyConfig, RuleSegment
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.duckdb_sql import run as sql
from segmentation_pipeline.quality.validate import Validator
from segmentation_pipeline.run_context import RunContext
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.clean.project import clean_all, config
from segmentation_pipeline_tests.properties.shop_histories import SHARED, Shop, write_files

MIDDLE = date(2025, 3, 15)
SHOPS, RUNS = 90, 3
"""So many histories side by side, each of so many runs."""
OTHERWISE = ("raw.", "meta.", tables.DIRTY_CUSTOMERS, tables.EXCLUSIONS_DIRTY, tables.CHANGED_IDENTITIES)
"""Tables that tell what a run read or changed, not what is so on the day."""


def _config(*without: str, orders_from_items: bool = False) -> Config:
    sources: dict[str, dict[str, object]] = {name: {} for name in SOURCES if name not in without}
    if orders_from_items:
        sources["orders"] = {"derive_from": "order_items"}
    made = config(
        sources,
        business={"key_case": "upper", "timezone": "Europe/Berlin", "currency": "EUR"},
        quality={"max_future_days": 40},
        features={
            "channels": ["web", "store"],
            "store_channels": ["store"],
            "categories": ["Hats", "Shoes"],
            "constructs": {"price": {"kind": "benefit", "items": ["price_1"]}},
            "occasions": {
                "spring": {"kind": "yearly", "from": "03-10", "to": "03-20"},
                "birthday": {"kind": "birthday", "days_before": 14},
            },
            "public_holidays": True,
        },
    )
    asked = ("count(web_sessions, 45) > 0", "total(orders.amount, 200) > 0", "count(repayments, 7) > 1", "count(returns, 12) > 0")
    rules = tuple(RuleSegment(name=f"s{number}", when=rule) for number, rule in enumerate(asked))
    told = privacy_config(
        attributes=(
            *("age_years", "birth_month", "birthday", "city", "country", "language", "gender", "household_size"),
            *("urbanity", "nearest_store", "store_distance_km", "store_distance_band"),
        ),
        minimum_age=16,
        unknown_birth_date="include",
    )
    asks = RulesSegmentation(kind="rules", title="Asks", segments=rules)
    return made.model_copy(update={"segmentations": {"asks": asks}, "privacy": told})


def privacy_config(**values: object) -> PrivacyConfig:
    """A refused no that names nobody, or matches nobody, stops nothing here."""
    why = "drawn at random"
    lenient = {
        f"{what}_opt_outs{ending}": value
        for what in ("nameless", "unmatched")
        for ending, value in (("", "warn"), ("_reason", why))
    }
    return PrivacyConfig.model_validate({**lenient, **values})


MERGES = ("identities", "merge_decisions")
SHOPPING = (
    *("exchange_rates", "products", "order_items", "returns", "consents", "suppressions", "restrictions"),
    *("campaign_contacts", "marketing_costs", *MERGES),
)
"""What some histories have beside customers and orders; others have the rest."""
COMPANY = tuple(name for name in SOURCES if name not in (*SHOPPING, "customers", "orders"))
BUYERS, USERS = _config(*COMPANY), _config(*SHOPPING)
EVERYTHING, FROM_ITEMS = _config(), _config(*MERGES, orders_from_items=True)
OF = (EVERYTHING, BUYERS, USERS, FROM_ITEMS)
"""The projects of the groups of histories: ``make test`` has the first, ``make test-long`` the last beside it."""


def _run(engine: DuckDBEngine, folder: Path, of: Config, as_of: date, since: date | None) -> None:
    """The steps up to the features, as a run makes them."""
    if since is None and engine.has(tables.FILES):
        for name in of.sources:
            engine.delete(tables.FILES, {"source": name})  # read everything again
    run = RunContext(Settings(folder), of, engine, Validator(engine), as_of, "test")
    run.changes = ChangeSet(since)
    clean_all(engine, folder, of, as_of, run.changes)
    for step in (*identity.steps(of), *privacy.steps(of), *features.steps(of)):
        step.compute(run)


Contents = dict[str, Counter[tuple[object, ...]]]


def _contents(engine: DuckDBEngine) -> Contents:
    """The rows of every table a run reads on; the order of rows is nobody's."""
    there = sql(
        engine.backend,
        "SELECT schema_name, table_name FROM duckdb_tables() UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal",
    )
    names = sorted(f"{schema}.{name}" for schema, name in there if schema != "main")
    kept = [name for name in names if not name.startswith(OTHERWISE) and not name.endswith(("_dirty", "_raw"))]
    return {name: Counter(sql(engine.backend, f"SELECT COLUMNS(*)::VARCHAR FROM {name}")) for name in kept}


def _differing(engine: DuckDBEngine, found: Contents, expected: Contents) -> dict[str, list[str]]:
    """By table what of the first row that differs is said otherwise."""
    assert found.keys() == expected.keys()
    told = {}
    for name in found:
        stale, made = (sorted(rows.elements(), key=str) for rows in (found[name] - expected[name], expected[name] - found[name]))
        if stale or made:
            columns = engine.table(name).columns
            one, other = (rows[0] if rows else (None,) * len(columns) for rows in (stale, made))
            differ = [f"{c}: {x} is {y}" for c, x, y in zip(columns, one, other, strict=True) if x != y]
            told[name] = [f"{len(stale)} rows for {len(made)}, of {(one if stale else other)[0]}", *differ[:12]]
    return told


def _days(draw: Random) -> tuple[date, ...]:
    """Days in any order: the next one, one a window later, or one before."""
    days = [MIDDLE + timedelta(days=draw.randint(-20, 20))]
    for _ in range(RUNS - 1):
        days.append(days[-1] + timedelta(days=draw.choice((1, 1, 2, 7, 30, 61, 366, -1, -20))))
    return tuple(days)


def _many(seed: int) -> object:
    tier = {0: [], OF.index(FROM_ITEMS): pytest.mark.long}.get(seed, pytest.mark.wide)
    return pytest.param(seed, id=f"histories {seed * SHOPS} to {(seed + 1) * SHOPS - 1}", marks=tier)


def test_the_histories_have_every_source() -> None:
    assert set(BUYERS.sources) | set(USERS.sources) == set(EVERYTHING.sources) == set(SOURCES)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [_many(seed) for seed in range(8)])
def test_a_run_that_builds_on_the_last_one_equals_a_run_from_nothing(tmp_path: Path, seed: int) -> None:
    """Ninety shops, three runs: after each all tables are those of the same files and day made anew."""
    draw = Random(seed)
    days, of = _days(draw), OF[seed % len(OF)]
    read = [name for name, source in of.sources.items() if not source.derive_from]
    shops = [Shop(seed * SHOPS + number, f"{seed}", days) for number in range(SHOPS)]
    engine, since, gone = DuckDBEngine(None), None, set()
    for as_of in days:
        for shop in shops:
            if since is None:
                shop.open(read)
            else:
                shop.go_on(read, shared=as_of == days[-1])
        if since is not None:
            gone |= {place for place in itertools.product(read, range(1, 3)) if draw.random() < 0.01 and place[0] not in SHARED}
        write_files(tmp_path, shops, read, gone)
        _run(engine, tmp_path, of, as_of, since)
        if since is not None:
            built_on = _contents(engine)
            _run(engine, tmp_path, of, as_of, None)
            assert _differing(engine, built_on, _contents(engine)) == {}, (days, as_of)
        since = as_of
    engine.close()
