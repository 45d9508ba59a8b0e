"""Uplift from the lists of a campaign: rows, versions over days, and scores of everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from segmentation_pipeline.config.schema import Config, UpliftEntry
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.identity.canonical import rows_by_customer
from segmentation_pipeline.measurement.assignments import assignments, first_drawn
from segmentation_pipeline.measurement.definitions import configured
from segmentation_pipeline.models.registry import ModelVersion, Training, registry_row
from segmentation_pipeline.models.score_model import Scoring, TrainingData
from segmentation_pipeline.models.uplift.rows import people
from segmentation_pipeline.models.uplift_scores import UPLIFT
from segmentation_pipeline_tests.clean.project import clean_all, write
from segmentation_pipeline_tests.features.project import features
from segmentation_pipeline_tests.measurement.assigned import Listed, project, write_lists

pytestmark = pytest.mark.slow

FIRST, WAVES, AS_OF = date(2024, 1, 1), (date(2025, 1, 10), date(2025, 2, 10)), date(2025, 3, 31)
WINBACK = {"campaign": "winback", "features": ["recency_days", "frequency", "monetary"]}
CUSTOMERS = 2_000


def story() -> tuple[list[str], list[Listed]]:
    """Orders and lists of a shop whose message brings back those who have been away for 100 days, and nobody else."""
    draw, lines, listed = np.random.default_rng(5), ["order_id,customer_id,ordered_at,amount"], []

    def order(who: str, day: date) -> None:
        lines.append(f"o{len(lines)},{who},{day},{draw.lognormal(3, 0.5):.2f}")

    for number in range(CUSTOMERS):
        who, list_day = f"c{number:05}", WAVES[number % 2]
        recency = int(draw.integers(1, 200))
        for back in range(int(draw.integers(1, 4))):
            order(who, list_day - timedelta(days=recency + 40 * back))
        contacted = bool(draw.random() < 0.5)
        listed.append((list_day, "winback", who, "treatment" if contacted else "holdout"))
        chance = 0.35 if recency <= 100 else 0.8 if contacted else 0.2
        if draw.random() < chance:
            order(who, list_day + timedelta(days=int(draw.integers(1, 31))))
    return lines, listed


def settings(**asked: object) -> Config:
    entry = UpliftEntry.model_validate(WINBACK | asked)
    made = project(["orders"], campaigns={"winback": {"holdout_share": 0.5}})
    return made.model_copy(update={"uplift": {"winback_uplift": entry}})


class Shop:
    """Days of one shop in one store, with a registry that goes on."""

    def __init__(self, folder: Path, lines: list[str], listed: list[Listed], engine: Engine | None = None) -> None:
        self.engine, self.folder = engine or DuckDBEngine(None), folder
        write(folder, "orders", *lines)
        write_lists(self.engine, listed)

    def data(self, of: Config, as_of: date = AS_OF) -> TrainingData:
        engine = self.engine
        clean_all(engine, self.folder, of, as_of)
        features(engine, of, as_of)
        orders = completed_orders(rows_by_customer(engine, of, "orders"), of)
        known = engine.table(tables.MODEL_REGISTRY) if engine.has(tables.MODEL_REGISTRY) else None
        assigned = assignments(engine.table(tables.CAMPAIGN_AUDIENCES), None, of)
        assert assigned is not None
        drawn = first_drawn(assigned, configured(of).values())
        customers = engine.table(tables.CUSTOMER_FEATURES)
        return TrainingData(engine, of, customers, orders, known, Training(as_of, FIRST, "code", "data"), drawn)

    def day(self, of: Config, as_of: date = AS_OF) -> ModelVersion:
        [version] = UPLIFT.fit(self.data(of, as_of)).versions
        self.engine.append(tables.MODEL_REGISTRY, registry_row(self.engine, version))
        return version

    def scores(self, of: Config, version: ModelVersion) -> list[dict[str, object]]:
        customers = self.engine.table(tables.CUSTOMER_FEATURES)
        scored = UPLIFT.score(customers, Scoring(self.engine, of, lambda name: version.parameters, AS_OF))
        names = [column.name for column in UPLIFT.columns(of)]
        return self.engine.rows(scored.select("customer_id", "recency_days", "frequency", *names))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = Shop(tmp_path_factory.mktemp("uplift"), *story())
    yield made
    made.engine.close()


@pytest.fixture(scope="module")
def first(shop: Shop) -> ModelVersion:
    """A day on which the model is fitted for the first time."""
    return shop.day(settings())


def test_past_arms_tell_whom_the_message_changes(shop: Shop, first: ModelVersion) -> None:
    assert first.kind in ("dr_learner", "s_learner") and first.note == "" and first.metrics["qini_low"] > 0
    assert first.metrics["effect"] == pytest.approx(0.3, abs=0.1), "0.6 for half of them"
    found = shop.scores(settings(), first)
    assert len(found) == CUSTOMERS and all(row["winback_uplift"] is not None for row in found)
    uplift = {True: [], False: []}
    for row in found:
        uplift[row["recency_days"] > 110].append(float(row["winback_uplift"]))
    assert np.mean(uplift[True]) > 0.4 and abs(np.mean(uplift[False])) < 0.15, {k: np.mean(v) for k, v in uplift.items()}
    away = [row["winback_uplift_group"] for row in found if row["recency_days"] > 110]
    assert away.count("persuadable") > 0.95 * len(away)


def test_later_days_judge_what_earlier_ones_taught(first: ModelVersion) -> None:
    assert first.parameters["waves"] == [day.isoformat() for day in WAVES]
    assert first.parameters["judged_by"] == "people of later days"
    assert first.metrics["training_people"] == first.metrics["judged_people"] == CUSTOMERS / 2
    gains = [first.metrics[f"gain_at_{10 * tenth}"] for tenth in range(1, 11)]
    assert gains[4] > 0.85 * gains[9], "half of them are all that can be won"


def test_features_are_those_before_the_message(shop: Shop) -> None:
    of = settings()
    columns = [feature_columns(of)[name] for name in WINBACK["features"]]
    found, waves = people(shop.data(of), of.uplift["winback_uplift"], columns)
    assert [wave.known_on for wave in waves] == [*WAVES]
    orders = shop.engine.table(tables.clean("orders"))
    known = orders.filter(orders.event_date <= WAVES[0], orders.customer_id.cast("string").substr(1).cast("int64") % 2 == 0)
    last = known.group_by("customer_id").agg(last=known.event_date.max()).order_by("customer_id")
    recency = [(WAVES[0] - row["last"]).days for row in shop.engine.rows(last)]
    assert found.frame["recency_days"][found.wave == 0].tolist() == recency


def test_a_version_stays_until_a_fit_is_due_or_the_entry_changes(shop: Shop, first: ModelVersion) -> None:
    kept = shop.day(settings(), AS_OF + timedelta(days=1))
    assert kept.version == first.version and kept.trained_to == AS_OF
    again = shop.day(settings(), AS_OF + timedelta(days=31))
    assert again.trained_to == AS_OF + timedelta(days=31) and again.version == first.version, "the same people"
    other = shop.day(settings(least_uplift=0.05), AS_OF + timedelta(days=32))
    assert other.version != first.version and other.trained_to == AS_OF + timedelta(days=32)


def test_only_days_that_are_over_teach(shop: Shop) -> None:
    version = UPLIFT.fit(shop.data(settings(), WAVES[1] + timedelta(days=29))).versions[0]
    assert version.parameters["waves"] == [WAVES[0].isoformat()]
    assert version.parameters["judged_by"] == "other people of the same days"
    [nobody] = UPLIFT.fit(shop.data(settings(), WAVES[0] + timedelta(days=29))).versions
    assert nobody.kind == NOT_CREDIBLE and "has drawn nobody yet" in nobody.note


def test_the_rule_of_who_is_scored_decides_who_teaches_and_who_is_scored(shop: Shop) -> None:
    of = settings(**{"for": "frequency >= 2"})
    [version] = UPLIFT.fit(shop.data(of)).versions
    assert version.metrics["training_people"] < CUSTOMERS / 2
    assert all((row["winback_uplift"] is not None) == (row["frequency"] >= 2) for row in shop.scores(of, version))


def test_a_large_campaign_is_sampled_most_among_the_contacted(shop: Shop) -> None:
    of = settings(sample_size=1_000)
    columns = [feature_columns(of)["recency_days"]]
    found, _ = people(shop.data(of), of.uplift["winback_uplift"], columns)
    assert 900 < len(found) < 1_100 and 400 < len(found.arm(contacted=False)) < 600


def test_engines_read_the_same_people(shop: Shop, tmp_path: Path, any_engine: Engine) -> None:
    of, (lines, listed) = settings(sample_size=1_000), story()
    columns = [feature_columns(of)[name] for name in WINBACK["features"]]
    found, expected = (
        people(each.data(of), of.uplift["winback_uplift"], columns)[0]
        for each in (Shop(tmp_path, lines, listed, any_engine), shop)
    )
    assert len(found) > 900
    for name in ("contacted", "ordered", "share", "wave", "others"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist(), name
    assert {name: each.tolist() for name, each in found.frame.items()} == {n: e.tolist() for n, e in expected.frame.items()}


def test_a_shop_with_few_people_is_told_how_many_are_needed(tmp_path: Path) -> None:
    lines, listed = story()
    few = Shop(tmp_path, lines, listed[:300])
    of = settings()
    [version] = UPLIFT.fit(few.data(of)).versions
    assert version.kind == NOT_CREDIBLE and "people kept out" in version.note and "at least 125 needed" in version.note
    assert {row["winback_uplift"] for row in few.scores(of, version)} == {None}
    assert UPLIFT.unpublished(of, lambda name: version.parameters) == {"winback_uplift", "winback_uplift_group"}
    [check] = UPLIFT.validations(of)
    outcome = check.outcome({"kind": version.kind, "metrics": "{}", "note": version.note}, 0)
    assert not outcome.holds and "at least 125 needed" in outcome.explanation
    few.engine.close()


def test_nobody_drawn_is_no_mistake(tmp_path: Path) -> None:
    empty = Shop(tmp_path, ["order_id,customer_id,ordered_at,amount", "1,a,2024-01-01,5"], [])
    [version] = UPLIFT.fit(empty.data(settings())).versions
    assert version.kind == NOT_CREDIBLE and "campaign 'winback' has drawn nobody yet" in version.note
    empty.engine.close()
