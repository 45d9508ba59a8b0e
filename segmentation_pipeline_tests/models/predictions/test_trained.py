"""A model over days: fitted when it is due, kept between, replaced only by what is better; made from files like everything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import ibis
import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.models.prediction_scores import PREDICTIONS
from segmentation_pipeline.models.predictions.contest import digest
from segmentation_pipeline.models.predictions.person_periods import PERIOD
from segmentation_pipeline.models.registry import ModelVersion, Training, parameters_of, registry_row
from segmentation_pipeline_tests.clean.project import write
from segmentation_pipeline_tests.models.predictions.shop import AS_OF, FIRST, LAPSE, Shop, settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[tuple[Shop, ModelVersion]]:
    """A day on which the model is fitted for the first time."""
    made = Shop(folder)
    [version] = made.day(settings(lapse=LAPSE))
    yield made, version
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


def test_a_name_another_kind_of_model_has_borne_is_fitted_anew(store: Shop) -> None:
    training = Training(AS_OF - timedelta(days=1), FIRST, "code", "data")
    other = training.version(
        "lapse", "dr_learner", ["recency_days"], {"settings": "other", "model": {"kind": "dr_learner"}}, 9, {}, ""
    )
    store.engine.append(tables.MODEL_REGISTRY, registry_row(store.engine, other))
    [version] = store.day(settings(lapse=LAPSE))
    assert version.is_champion and version.trained_to == AS_OF


def test_money_is_foretold(store: Shop) -> None:
    [version] = store.day(settings(revenue_60={**LAPSE, "predicts": "revenue"}))
    assert version.metrics["mean_observed"] > 5
    assert version.metrics["mean_predicted"] == pytest.approx(version.metrics["mean_observed"], rel=0.3)


def test_events_are_foretold_like_orders(store: Shop) -> None:
    [version] = store.day(settings(large={**LAPSE, "predicts": "event(orders, amount > 25)"}))
    assert 0.05 < version.metrics["mean_observed"] < 0.95


def test_a_shop_is_told_when_its_customers_order_again(store: Shop) -> None:
    of = settings(lapse={**LAPSE, "periods": 2}, large={**LAPSE, "predicts": "event(orders, amount > 25)", "periods": 3})
    lapse, large = store.day(of)
    assert lapse.kind in ("linear", "boosted") and 0.6 < lapse.metrics["calibration_slope_within_30"] < 1.6
    told = [row for row in store.scores(of, [lapse, large]).values() if row["lapse"] is not None]
    assert len(told) > 300 and all(row["lapse_within_30"] >= row["lapse"] for row in told)
    assert all((row["lapse_median_days"] is None) == (row["lapse"] > 0.5) for row in told if abs(row["lapse"] - 0.5) > 1e-6)
    assert large.kind == "baseline", "which tells when as well"
    assert all(row["large_within_20"] <= row["large_within_40"] <= row["large"] for row in told)
    next_day = store.day(of, AS_OF + timedelta(days=1))
    assert [version.version for version in next_day] == [lapse.version, large.version], "read back, they score on"
    assert store.drift.keys() >= {"score", "recency_days"} and PERIOD not in store.drift


def test_models_without_periods_are_asked_as_before() -> None:
    """Another digest would have each of them fitted anew."""
    of = settings(lapse=LAPSE, timed={**LAPSE, "periods": 2})
    assert digest(of, of.predictions["lapse"], ("a",)) == "c69830879f12" != digest(of, of.predictions["timed"], ("a",))


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
