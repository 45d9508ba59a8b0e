"""Lists are judged on later days, and a blend is published only where it beats a customer's own most frequent products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import log2, sqrt
from pathlib import Path

import numpy as np
import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.models.catalog import unavailable_columns
from segmentation_pipeline.models.next_product import FAVOURITES, NextProduct, fit_next_product, judge, paired_interval
from segmentation_pipeline.models.next_product_scores import NEXT_PRODUCT
from segmentation_pipeline.models.registry import ModelVersion, Training, registry_row
from segmentation_pipeline.models.score_model import TrainingData
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.recommendations.ranking import OWN_MOST_FREQUENT
from segmentation_pipeline_tests.clean.project import AS_OF as CLEAN_DAY
from segmentation_pipeline_tests.clean.project import clean_all, config, write
from segmentation_pipeline_tests.recommendations.shop import AS_OF, Order, bought, small

CUT = AS_OF - timedelta(days=30)
ORDERS = [
    *[("anna", 50, "a"), ("anna", 45, "ab"), ("anna", 10, "bc")],
    *[("bert", 40, "a"), ("bert", 5, "a"), ("cora", 40, "c"), ("dora", 3, "c")],
]


def test_recall_and_ndcg_of_lists_that_can_be_counted_by_hand() -> None:
    engine = DuckDBEngine(None)
    lists = {"own": OWN_MOST_FREQUENT, FAVOURITES: None}
    judged = judge(engine, bought(engine, ORDERS), None, CUT, small(list_size=2), "salt", lists)
    assert judged.customers == 2, "cora bought nothing after the cut and dora nothing before"
    # Own lists: anna a, b (bought b and c); bert a and one more (bought a).  Favourites of all: a by two, b, c.
    best = 1 + 1 / log2(3)
    assert judged.recall["own"].tolist() == [0.5, 1.0]
    assert judged.ndcg["own"].tolist() == pytest.approx([(1 / log2(3)) / best, 1.0], abs=1e-8)
    assert judged.recall_repeat["own"].tolist() == [1.0, 1.0]
    assert judged.recall_new["own"][0] == 0.0 and np.isnan(judged.recall_new["own"][1]), "bert bought nothing new"
    assert judged.recall[FAVOURITES].tolist() == [0.5, 1.0]
    engine.close()


def test_days_after_the_horizon_change_no_judgement() -> None:
    engine = DuckDBEngine(None)
    orders = [(who, ago + 30, products) for who, ago, products in ORDERS]
    later: list[Order] = [("anna", 1, "abc"), ("bert", 29, "c"), ("cora", 0, "a")]
    cut = CUT - timedelta(days=30)
    without, with_later = (
        judge(engine, bought(engine, rows), None, cut, small(), "salt", {"own": OWN_MOST_FREQUENT})
        for rows in (orders, [*orders, *later])
    )
    assert without.recall["own"].tolist() == with_later.recall["own"].tolist()
    assert without.ndcg["own"].tolist() == with_later.ndcg["own"].tolist()
    engine.close()


def test_the_interval_is_that_of_a_mean() -> None:
    values = np.array([0.0, 0.5, 1.0, 0.5])
    error = sqrt(((0.5**2) * 2) / 3) / 2
    assert paired_interval(values) == (0.5, round(0.5 - 1.959964 * error, 6), round(0.5 + 1.959964 * error, 6))


def fitted(orders: Sequence[Order], **keys: int) -> NextProduct:
    engine = DuckDBEngine(None)
    settings = small(horizon_days=10, list_size=1, min_customers=10, **keys)
    made = fit_next_product(engine, bought(engine, orders), None, AS_OF, settings, "salt")
    engine.close()
    return made


def of_everybody(*days: tuple[int, str]) -> list[Order]:
    return [(f"c{n:02}", ago, products) for n in range(20) for ago, products in days]


@pytest.mark.slow
def test_a_blend_that_beats_old_habits_on_later_days_is_the_champion() -> None:
    made = fitted(of_everybody((200, "a"), (190, "a"), (180, "a"), (25, "b"), (15, "b"), (5, "b")))
    assert made.kind == "blend" and made.blend.half_life == 30 and made.note == ""
    assert made.metrics["recall"] == 1.0 and made.metrics["own_most_frequent_recall"] == 0.0
    assert made.metrics["ndcg_gain_low"] == 1.0 and made.customers == 20


@pytest.mark.slow
def test_what_did_better_before_and_not_since_is_not_published() -> None:
    made = fitted(of_everybody((200, "a"), (190, "a"), (180, "a"), (25, "b"), (15, "b"), (5, "a")))
    assert made.kind == "own_most_frequent" and "gains -1.0000 nDCG" in made.note


@pytest.mark.slow
def test_without_a_better_blend_own_most_frequent_products_are_published() -> None:
    made = fitted(of_everybody((40, "a"), (30, "a"), (15, "a"), (5, "a")))
    assert made.kind == "own_most_frequent" and "no blend did better before" in made.note and made.metrics["recall"] == 1.0


def test_too_few_customers_judge_nothing() -> None:
    made = fitted([("anna", 25, "a"), ("anna", 15, "a"), ("anna", 5, "a"), ("bert", 5, "a")])
    assert (made.kind, dict(made.metrics)) == ("own_most_frequent", {})
    assert "1 customers bought again within 10 days, at least 10 needed" in made.note


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    """A shop of two orders, and no registry."""
    engine, settings = DuckDBEngine(None), config({"orders": {}, "order_items": {}})
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,anna,2025-01-01,30.00", "o2,anna,2025-02-01,30.00")
    write(tmp_path, "order_items", "order_id,line_number,product_id,amount", "o1,1,p,30.00", "o2,1,p,30.00")
    clean_all(engine, tmp_path, settings)
    orders = completed_orders(engine.table(tables.clean("orders")), settings)
    yield TrainingData(engine, settings, orders, orders, None, Training(CLEAN_DAY, None, "code", "data"))
    engine.close()


def known(data: TrainingData, version: ModelVersion, later: int) -> TrainingData:
    """``later`` days on, with the version in the registry."""
    day = replace(data.training, as_of=CLEAN_DAY + timedelta(days=later))
    return replace(data, registry=registry_row(data.engine, version), training=day)


def test_the_champion_stays_until_it_is_old_or_a_key_has_changed(data: TrainingData) -> None:
    [first] = NEXT_PRODUCT.fit(data).versions
    assert first.kind == "own_most_frequent" and first.trained_to == CLEAN_DAY
    [kept] = NEXT_PRODUCT.fit(known(data, first, 29)).versions
    assert kept.trained_to == CLEAN_DAY and kept.as_of == CLEAN_DAY + timedelta(days=29) and kept.version == first.version
    [judged] = NEXT_PRODUCT.fit(known(data, first, 30)).versions
    assert judged.trained_to == CLEAN_DAY + timedelta(days=30)
    other = config({"orders": {}, "order_items": {}}, models={"next_product": {"list_size": 5}})
    [changed] = NEXT_PRODUCT.fit(replace(known(data, first, 1), config=other)).versions
    assert changed.trained_to == CLEAN_DAY + timedelta(days=1)
    [earlier] = NEXT_PRODUCT.fit(known(data, first, -1)).versions
    assert earlier.trained_to == CLEAN_DAY - timedelta(days=1), "a later day's version is not known"


def test_it_is_off_with_a_reason_where_no_line_names_a_product() -> None:
    settings = config({"orders": {}})
    assert NEXT_PRODUCT.columns(settings) == ()
    assert unavailable_columns(settings)["recommended_products"] == "needs order_items.product_id, which no source maps"
    on = config({"orders": {}, "order_items": {}})
    assert [column.name for column in NEXT_PRODUCT.columns(on)] == ["recommended_products"]


def test_content_of_a_campaign_names_the_first_products(tmp_path: Path) -> None:
    campaign = "{title: S, channel: email, purpose: marketing, audience: frequency > 1, content: {picks: recommended_products}}"
    (tmp_path / "campaigns.yaml").write_text(f"campaigns: {{spring: {campaign}}}\n")
    (tmp_path / "sources.yaml").write_text("sources: {orders: {files: o.csv}, order_items: {files: i.csv}}\n")
    assert load_config(tmp_path).campaigns["spring"].content == {"picks": "recommended_products"}
    (tmp_path / "sources.yaml").write_text("sources: {orders: {files: o.csv}}\n")
    with pytest.raises(ConfigError, match=r"recommended_products[\s\S]*needs order_items\.product_id"):
        load_config(tmp_path)


def test_a_key_that_does_not_exist_is_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("sources: {orders: {files: o.csv}}\n")
    (tmp_path / "pipeline.yaml").write_text("models: {next_product: {list_sice: 3}}\n")
    with pytest.raises(ConfigError, match="list_size"):
        load_config(tmp_path)
