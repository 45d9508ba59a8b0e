"""A model over days: fitted when it is due, kept between, replaced only by what is better; made from files like everything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pytest

from segmentation_pipeline.config.schema import Config, FairnessConfig, PredictiveModel
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.identity.canonical import rows_by_customer
from segmentation_pipeline.models.prediction_scores import PREDICTIONS
from segmentation_pipeline.models.predictions.contest import digest
from segmentation_pipeline.models.registry import ModelVersion, Training, parameters_of, registry_row
from segmentation_pipeline.models.score_model import Scoring, TrainingData
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline_tests.clean.project import clean_all, config, write
from segmentation_pipeline_tests.features.project import features

pytestmark = pytest.mark.slow

FIRST, AS_OF = date(2024, 1, 1), date(2025, 3, 31)
LAPSE = {
    "predicts": "no_order",
    "horizon_days": 60,
    "cutoffs": 1,
    "for": "frequency >= 2",
    "features": ["recency_days", "frequency", "gap_mean_days", "tenure_days"],
}


def shop(customers: int) -> list[str]:
    """Customers who buy at a rhythm of their own, from once in ten days to once in half a year, and may leave for good."""
    draw, lines = np.random.default_rng(7), ["order_id,customer_id,ordered_at,amount"]
    for number in range(customers):
        gap, leaves = float(draw.choice([10, 30, 90, 180])), float(draw.choice([0.02, 0.2]))
        at = float(draw.uniform(0, 250))
        while at < (AS_OF - FIRST).days + 60:
            lines.append(f"o{len(lines)},c{number:04},{FIRST + timedelta(days=int(at))},{draw.lognormal(3, 0.5):.2f}")
            if draw.random() < leaves:
                break
            at += max(gap * float(draw.gamma(4, 0.25)), 1.0)
    return lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("predictions")
    write(made, "orders", *shop(600))
    return made


def settings(**models: object) -> Config:
    asked = {name: PredictiveModel.model_validate(said) for name, said in models.items()}
    return config({"orders": {}}, quality={"max_future_days": 500}).model_copy(update={"predictions": asked})


class Shop:
    """Days of one shop in one store, with a registry that goes on."""

    def __init__(self, folder: Path) -> None:
        self.engine, self.folder = DuckDBEngine(None), folder

    def day(self, of: Config, as_of: date = AS_OF, **changed: ibis.Deferred) -> list[ModelVersion]:
        """The versions of a day, which are added to the registry; features are ``changed`` on the day alone."""
        clean_all(self.engine, self.folder, of, as_of)
        features(self.engine, of, as_of)
        orders = completed_orders(rows_by_customer(self.engine, of, "orders"), of)
        known = self.engine.table(tables.MODEL_REGISTRY) if self.engine.has(tables.MODEL_REGISTRY) else None
        customers = self.engine.table(tables.CUSTOMER_FEATURES).mutate(**changed)
        data = TrainingData(self.engine, of, customers, orders, known, Training(as_of, FIRST, "code", "data"))
        fitted = PREDICTIONS.fit(data)
        made = list(fitted.versions)
        self.drift = {row["input"]: row for row in self.engine.rows(fitted.tables[tables.MODEL_DRIFT])}
        self.groups = self.engine.rows(fitted.tables[tables.MODEL_GROUPS]) if tables.MODEL_GROUPS in fitted.tables else []
        for version in made:
            self.engine.append(tables.MODEL_REGISTRY, registry_row(self.engine, version))
        return made

    def scores(self, of: Config, versions: list[ModelVersion], as_of: date = AS_OF) -> dict[str, dict[str, object]]:
        champions = {version.model: version.parameters for version in versions if version.is_champion}
        scored = PREDICTIONS.score(
            self.engine.table(tables.CUSTOMER_FEATURES), Scoring(self.engine, of, champions.__getitem__, as_of)
        )
        names = [column.name for column in PREDICTIONS.columns(of)]
        return {str(row.pop("customer_id")): row for row in self.engine.rows(scored.select("customer_id", *names))}


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[tuple[Shop, ModelVersion]]:
    """A day on which the model is fitted for the first time."""
    made = Shop(folder)
    [version] = made.day(settings(lapse=LAPSE))
    yield made, version
    made.engine.close()


@pytest.fixture
def store(folder: Path) -> Iterator[Shop]:
    made = Shop(folder)
    yield made
    made.engine.close()


def test_who_lapses_is_foretold_and_every_score_has_a_reason(first: tuple[Shop, ModelVersion]) -> None:
    store, version = first
    assert version.kind in ("linear", "boosted") and version.metrics["gain_low"] > 0 and version.note == ""
    assert version.metrics["auc"] > 0.7 and 0.6 < version.metrics["calibration_slope"] < 1.6
    assert version.parameters["judged_day"] == "2025-01-30" and version.parameters["calibration_day"] == "2024-11-24"
    known = [row for row in store.scores(settings(lapse=LAPSE), [version]).values() if row["lapse"] is not None]
    assert len(known) > 300 and all(0 < row["lapse"] < 1 for row in known)
    assert sum(row["lapse_reason"] is not None for row in known) > 0.95 * len(known)
    told = {row["lapse_reason"].split(",")[0] for row in known if row["lapse_reason"]}
    assert all(reason.endswith((" raises it", " lowers it")) and reason.split()[0] in LAPSE["features"] for reason in told)


def test_the_rule_of_who_is_scored_decides_who_is(first: tuple[Shop, ModelVersion]) -> None:
    store, version = first
    scores = store.scores(settings(lapse=LAPSE), [version])
    frequency = {row["customer_id"]: row["frequency"] for row in store.engine.rows(store.engine.table(tables.CUSTOMER_FEATURES))}
    assert all((row["lapse"] is not None) == (frequency[name] >= 2) for name, row in scores.items())


def test_parameters_in_the_registry_are_all_that_scoring_needs(first: tuple[Shop, ModelVersion]) -> None:
    store, version = first
    [row] = store.engine.rows(store.engine.table(tables.MODEL_REGISTRY))
    assert parameters_of(row) == version.parameters


def test_what_happens_later_changes_no_version(folder: Path, tmp_path: Path, first: tuple[Shop, ModelVersion]) -> None:
    """What is foretold ends on the day itself."""
    lines = (folder / "orders.csv").read_text().splitlines()
    known = [line for line in lines if line.split(",")[2] <= AS_OF.isoformat() or line.startswith("order_id")]
    assert len(known) < len(lines)
    write(tmp_path, "orders", *known)
    other = Shop(tmp_path)
    [without] = other.day(settings(lapse=LAPSE))
    assert first[1].parameters == without.parameters and first[1].metrics == without.metrics
    other.engine.close()


def test_a_champion_stays_between_fits_against_what_is_no_better_and_until_the_entry_changes(store: Shop) -> None:
    of = settings(lapse=LAPSE)
    [made] = store.day(of)
    [next_day] = store.day(of, AS_OF + timedelta(days=1))
    assert next_day.version == made.version and next_day.trained_to == made.trained_to == AS_OF
    due = store.day(of, AS_OF + timedelta(days=31))
    [champion] = [version for version in due if version.is_champion]
    assert champion.version == made.version
    [challenger] = [version for version in due if not version.is_champion]
    assert "the champion stays" in challenger.note and challenger.trained_to == AS_OF + timedelta(days=31)

    # Promoted by name, and back again.
    for number, wanted in ((32, challenger), (33, made)):
        [named] = store.day(settings(lapse={**LAPSE, "champion": wanted.version}), AS_OF + timedelta(days=number))
        assert (named.version, named.is_champion, named.note) == (wanted.version, True, "named champion in models.yaml")
    for asked, said in (
        ({"champion": "0" * 12}, "was learnt on no day before 2025-05-04. 'segmentation model show lapse' names"),
        ({"champion": made.version, "horizon_days": 45}, "was learnt for another entry"),
    ):
        with pytest.raises(UserError, match=said):
            store.day(settings(lapse=LAPSE | asked), AS_OF + timedelta(days=34))
    [other] = store.day(settings(lapse={**LAPSE, "horizon_days": 45}), AS_OF + timedelta(days=32))
    assert other.is_champion and other.parameters["judged_day"] == "2025-03-18"


def test_customers_of_another_kind_are_told_and_fitted_anew_where_asked(store: Shop) -> None:
    asked = {**LAPSE, "features": ["recency_days", "gap_mean_days"]}  # in a young shop all tenures grow
    of, anew = settings(lapse=asked), settings(lapse={**asked, "refit_on_drift": True})
    [made] = store.day(of)
    assert store.drift.keys() == {"recency_days", "gap_mean_days", "score"}
    assert made.metrics["drifted_inputs"] == 0 and {row["version"] for row in store.drift.values()} == {made.version}
    tomorrow = AS_OF + timedelta(days=1)
    [kept] = store.day(of, tomorrow, recency_days=ibis._.recency_days + 150)
    assert store.drift["recency_days"]["status"] == "drifted" and store.drift["gap_mean_days"]["status"] == "still"
    assert kept.version == made.version and kept.metrics["drifted_inputs"] >= 1 and kept.trained_to == AS_OF
    outcome = {each.name: each.outcome for each in PREDICTIONS.validations(of)}["lapse_has_not_drifted"]
    row = {"metrics": json.dumps(kept.metrics)}
    assert not outcome(row, 500).holds and "see model_drift" in outcome(row, 500).explanation
    [same] = store.day(anew, tomorrow + timedelta(days=1))
    assert same.trained_to == AS_OF, "nothing has drifted on this day"
    tried = store.day(anew, tomorrow + timedelta(days=2), recency_days=ibis._.recency_days + 150)
    assert max(version.trained_to for version in tried) == tomorrow + timedelta(days=2)


def test_money_is_foretold(store: Shop) -> None:
    [version] = store.day(settings(revenue_60={**LAPSE, "predicts": "revenue"}))
    assert version.metrics["mean_observed"] > 5
    assert version.metrics["mean_predicted"] == pytest.approx(version.metrics["mean_observed"], rel=0.3)


def test_events_are_foretold_like_orders(store: Shop) -> None:
    [version] = store.day(settings(large={**LAPSE, "predicts": "event(orders, amount > 25)"}))
    assert 0.05 < version.metrics["mean_observed"] < 0.95


SPEND = {
    "spend": RulesSegmentation.model_validate(
        {
            "kind": "rules",
            "title": "Spend",
            "segments": [{"name": "much", "when": "monetary >= 150"}, {"name": "some", "when": "frequency >= 2"}],
        }
    )
}


def test_who_comes_into_a_segment_is_foretold_of_those_who_are_not_in_it(store: Shop) -> None:
    of = settings(rises={**LAPSE, "predicts": "enters(spend, much)"}).model_copy(update={"segmentations": SPEND})
    [version] = store.day(of)
    assert version.kind in ("linear", "boosted", "baseline") and version.metrics["auc"] > 0.6
    assert 0.02 < version.metrics["mean_observed"] < 0.9
    scores = store.scores(of, [version])
    rows = {row["customer_id"]: row for row in store.engine.rows(store.engine.table(tables.CUSTOMER_FEATURES))}
    for name, row in scores.items():
        assert (row["rises"] is not None) == (rows[name]["frequency"] >= 2 and rows[name]["monetary"] < 150)

    # The judged customers are those outside on the day; came true is who is in it sixty days later, by the orders themselves.
    paid: dict[str, list[tuple[str, float]]] = {}
    for line in (store.folder / "orders.csv").read_text().splitlines()[1:]:
        _, customer, on, amount = line.split(",")
        paid.setdefault(customer, []).append((on, float(amount)))
    outcomes = []
    for orders in paid.values():
        before = [amount for on, amount in orders if on <= "2025-01-30"]
        if len(before) >= 2 and sum(before) < 150:
            outcomes.append(sum(amount for on, amount in orders if on <= "2025-03-31") >= 150)
    assert version.metrics["judged_customers"] == len(outcomes)
    assert version.metrics["mean_observed"] == pytest.approx(np.mean(outcomes), abs=1e-6)


def test_lookalikes_are_learnt_without_what_defines_the_segment_and_scored_outside_it(store: Shop) -> None:
    asked = {"predicts": "lookalike(spend, much)", "for": "frequency >= 1", "baseline": "gap_mean_days"}
    of = settings(like=asked).model_copy(update={"segmentations": SPEND})
    [version] = store.day(of)
    assert not {"monetary", "frequency", "recency_days", "tenure_days"} & {*version.features}
    assert version.metrics["judged_customers"] == pytest.approx(0.3 * 600, rel=0.25) and version.metrics["auc"] > 0.6
    rows = {row["customer_id"]: row for row in store.engine.rows(store.engine.table(tables.CUSTOMER_FEATURES))}
    for name, row in store.scores(of, [version]).items():
        assert (row["like"] is not None) == (rows[name]["frequency"] >= 1 and rows[name]["monetary"] < 150)
    moved = SPEND | {"spend": SPEND["spend"].model_copy(update={"segments": (SPEND["spend"].segments[1],)})}
    assert digest(of, of.predictions["like"], ()) != digest(
        of.model_copy(update={"segmentations": moved | {"spend": _renamed(moved["spend"])}}), of.predictions["like"], ()
    ), "another rule asks another question"


def _renamed(made: RulesSegmentation) -> RulesSegmentation:
    return made.model_copy(update={"segments": tuple(each.model_copy(update={"name": "much"}) for each in made.segments)})


def test_models_of_the_same_days_share_their_features(store: Shop) -> None:
    """Each of two models is what it is alone."""
    both = store.day(settings(lapse=LAPSE, many={**LAPSE, "predicts": "orders"}))
    other = Shop(store.folder)
    [alone] = other.day(settings(many={**LAPSE, "predicts": "orders"}))
    other.engine.close()
    assert both[1].parameters == alone.parameters and both[1].metrics == alone.metrics


def test_every_declared_group_is_looked_at_and_none_of_few_people(tmp_path: Path) -> None:
    """Half of one group leave sooner than all a model sees of them lets expect."""
    lines = shop(900)
    late = {f"c{number:04}" for number in range(0, 900, 2)}
    write(tmp_path, "orders", *(line for line in lines if not (line.split(",")[1] in late and line.split(",")[2] > "2025-01-30")))
    kinds = [f"c{number:04},{'female' if number % 2 == 0 else 'male' if number > 60 else 'other'}" for number in range(900)]
    write(tmp_path, "customers", "customer_id,gender", *kinds)
    asked = PredictiveModel.model_validate(LAPSE)
    fairness = FairnessConfig.model_validate({"groups": ["gender"]})
    of = config({"orders": {}, "customers": {}}, quality={"max_future_days": 500})
    of = of.model_copy(update={"predictions": {"lapse": asked}, "privacy": of.privacy.model_copy(update={"fairness": fairness})})
    made = Shop(tmp_path)
    [version] = made.day(of)
    rows = {row["customer_group"]: row for row in made.groups}
    assert rows["female"]["status"] == "too_low" and rows["male"]["status"] == "calibrated"
    assert rows["female"]["observed"] == 1.0 and version.metrics["groups_off"] == 1
    assert rows["other"]["status"] == "too_few" and rows["other"]["predicted"] is rows["other"]["observed"] is None
    outcome = {each.name: each.outcome for each in PREDICTIONS.validations(of)}["lapse_fits_every_group"]
    assert not outcome({"metrics": json.dumps(version.metrics)}, 500).holds
    assert {*PREDICTIONS.fitted_on(of)} - {*PREDICTIONS.fitted_on(settings(lapse=LAPSE))} >= {"clean.customers"}
    made.engine.close()


def test_a_short_history_is_told_and_nobody_scored(store: Shop) -> None:
    of = settings(year={**LAPSE, "horizon_days": 365})
    [version] = store.day(of)
    assert version.kind == NOT_CREDIBLE and "the history of orders is shorter than 1474 days" in version.note
    assert {row["year"] for row in store.scores(of, [version]).values()} == {None}
    assert PREDICTIONS.unpublished(of, lambda name: version.parameters) == {"year", "year_reason"}, "so what reads them is off"


def test_nobody_is_no_mistake(tmp_path: Path) -> None:
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "1,a,2024-01-01,5")
    made = Shop(tmp_path)
    [version] = made.day(settings(lapse=LAPSE))
    assert version.kind == NOT_CREDIBLE and "at least 50 needed" in version.note
    made.engine.close()
