"""What all models together add to a customer: each column once, each name once, scores computed as one expression."""

from __future__ import annotations

from datetime import date

import ibis
import pytest

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.scores import FORECASTS, SCORES
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.models.affinity_scores import AFFINITY
from segmentation_pipeline.models.catalog import (
    SCORE_MODELS,
    customer_columns,
    models_of,
    score_columns,
    scored_customers,
    unavailable_columns,
    unpublished_columns,
)
from segmentation_pipeline.models.cluster_scores import CLUSTER_FEATURES, CLUSTERS, cluster_features
from segmentation_pipeline.models.clv_scores import CLV
from segmentation_pipeline.models.prediction_scores import PREDICTIONS
from segmentation_pipeline.models.registry import Training
from segmentation_pipeline.models.rfm_scores import RFM
from segmentation_pipeline.models.score_model import Fitted, Scoring, TrainingData
from segmentation_pipeline.models.survey_class_scores import SURVEY_CLASSES
from segmentation_pipeline.models.uplift_scores import UPLIFT
from segmentation_pipeline_tests.clean.project import config
from segmentation_pipeline_tests.models.shop import drawn_orders, features_of, orders_table

AS_OF = date(2026, 3, 1)
SMALL = {"orders": {"columns": {name: name for name in ("order_id", "customer_id", "ordered_at", "amount")}}}
CLUSTERED = {"clusters": {"features": ["frequency", "monetary"]}, "cluster_models": {"taste": {"features": ["recency_days"]}}}
SURVEYED = {"survey_classes": {"benefit": {"constructs": ["trust"], "extend": {}}}}
TRUST = {"constructs": {"trust": {"kind": "attitude", "items": ["t_1"]}}}


def surveyed(*sources: str) -> Config:
    return config({"orders": {}} | {name: {} for name in sources}, features=TRUST, models=SURVEYED)


def test_models_add_columns_of_their_own_after_the_features() -> None:
    settings = config({"orders": {}}, models=CLUSTERED)
    assert [column.name for column in score_columns(settings)][: len(SCORES)] == [column.name for column in SCORES]
    assert "taste_cluster_id" in customer_columns(settings) and "taste_cluster_id" not in feature_columns(settings)
    assert [*customer_columns(settings)][-len(score_columns(settings)) :] == [column.name for column in score_columns(settings)]
    assert len(customer_columns(settings)) == len(feature_columns(settings)) + len(score_columns(settings)), "each once"
    for model in models_of(settings):
        assert list(model.lineage(settings)) == [column.name for column in model.columns(settings)]
        assert {read for reads in model.lineage(settings).values() for read in reads} <= {*feature_columns(settings)}


def test_every_model_has_a_table_and_versions_of_its_own() -> None:
    settings = surveyed("surveys", "order_items")
    off = (PREDICTIONS, UPLIFT, AFFINITY)
    assert models_of(settings) == tuple(model for model in SCORE_MODELS if model not in off), (
        "of those that are named in models.yaml, and of sends that no source tells"
    )
    names = [name for model in SCORE_MODELS for name in model.versions(settings)]
    assert len({*names}) == len(names) and {*names} >= {"rfm", "clv", "clusters", "benefit", "benefit_extension"}
    assert len({model.table for model in SCORE_MODELS}) == len(SCORE_MODELS)


def test_a_model_whose_features_are_off_is_off_with_their_reason() -> None:
    settings = surveyed()
    assert {RFM, CLV, CLUSTERS} <= {*models_of(settings)} and SURVEY_CLASSES not in models_of(settings)
    assert unavailable_columns(settings)["class_benefit"] == "source 'surveys' is not configured"
    assert "class_benefit" in customer_columns(surveyed("surveys"))


def test_clusters_take_the_customary_columns_that_are_on() -> None:
    off = ("discount_share", "return_rate")
    assert cluster_features(config(SMALL)) == tuple(name for name in CLUSTER_FEATURES if name not in off)
    chosen = config(SMALL, models={"clusters": {"features": ["frequency"]}})
    assert cluster_features(chosen) == ("frequency",)


@pytest.fixture(scope="module")
def shop():
    """A shop with models of the day fitted, and a customer without orders."""
    engine, settings = DuckDBEngine(None), config({"orders": {}}, models=CLUSTERED)
    orders = orders_table(engine, drawn_orders(400, AS_OF, 700, seed=3))
    unknown = dict.fromkeys(("order_id", "status", "cancels"), ibis.null("string"))
    engine.write("clean.orders", orders.mutate(**unknown))
    features = features_of(orders, AS_OF)
    nobody = features.filter(features.customer_id == "c000000").mutate(
        customer_id=ibis.literal("nobody"),
        frequency=0 * features.frequency,
        order_days=0 * features.order_days,
        **{name: features[name].nullif(features[name]) for name in ("recency_days", "tenure_days", "monetary")},
    )
    engine.write("t.features", features.union(nobody.select(features.columns)))
    features = engine.table("t.features")
    data = TrainingData(engine, settings, features, orders, None, Training(AS_OF, None, "code", "data"))
    yield engine, settings, features, {model.name: model.fit(data) for model in models_of(settings)}
    engine.close()


def scoring_with(engine: DuckDBEngine, settings: Config, fitted: dict[str, Fitted]) -> Scoring:
    parameters = {each.model: each.parameters for made in fitted.values() for each in made.versions}
    return Scoring(engine, settings, lambda model: parameters[model], AS_OF)


def test_all_scores_are_one_table_of_which_each_model_shows_those_it_scores(shop) -> None:
    engine, settings, features, fitted = shop
    assert {each.model for made in fitted.values() for each in made.versions} >= {"rfm", "clv", "clusters", "taste"}
    scoring = scoring_with(engine, settings, fitted)
    scored = scored_customers(features, scoring)
    assert list(scored.columns) == [*features.columns, *(column.name for column in score_columns(settings))]
    engine.write("t.scores", scored)
    scores = engine.table("t.scores")
    assert engine.count(scores) == engine.count(features) == 401
    for model in models_of(settings):
        shown = model.view(scores, settings)
        assert list(shown.columns) == ["customer_id", *(column.name for column in model.columns(settings))]
        assert engine.count(shown) == 400 and not engine.rows(shown.filter(shown.customer_id == "nobody"))
        assert model.summary(shown, scoring).customers == 400


def test_models_score_alike_whoever_carries_no_more_than_what_they_say_they_read(shop) -> None:
    engine, settings, features, fitted = shop
    scoring, names = scoring_with(engine, settings, fitted), [column.name for column in score_columns(settings)]
    read = {name for model in models_of(settings) for reads in model.lineage(settings).values() for name in reads}
    few = features.select("customer_id", *sorted(read))
    assert len(few.columns) < len(features.columns)
    of_all, of_few = (scored_customers(table, scoring).select("customer_id", *names) for table in (features, few))
    assert engine.rows(of_few.order_by("customer_id")) == engine.rows(of_all.order_by("customer_id"))


def test_forecasts_are_published_by_nobody_where_no_model_is_credible(shop) -> None:
    engine, settings, _, fitted = shop
    registered = scoring_with(engine, settings, fitted).registered
    assert unpublished_columns(settings, registered) == frozenset()
    refused = {"purchases": {"kind": "not_credible"}}
    assert unpublished_columns(settings, lambda model: refused if model == "clv" else registered(model)) == {*FORECASTS}
    [validation] = CLV.validations(settings)
    assert validation.outcome({"kind": "not_credible", "note": "too few"}, 400) == (False, "not_credible", "too few")
    assert validation.outcome({"kind": "not_credible", "note": "too few"}, 0).holds, "nobody lacks a forecast"
    assert SURVEY_CLASSES.validations(settings) == ()
