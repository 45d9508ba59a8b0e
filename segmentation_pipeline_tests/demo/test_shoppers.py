"""The latent types really differ: clustering finds them again far better than chance would."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from segmentation_pipeline.demo.generate import AS_OF, generate
from segmentation_pipeline.demo.shoppers import SHOPPERS
from segmentation_pipeline_tests.demo.conftest import Shop


def test_shares_sum_to_one_and_types_occur_at_their_share(shop: Shop) -> None:
    assert sum(shopper.share for shopper in SHOPPERS) == pytest.approx(1.0)
    shares = f"SELECT type, count(*) / sum(count(*)) OVER () FROM {shop.truth('customer_truth')} GROUP BY 1"
    found = dict(shop.con.execute(shares).fetchall())
    for shopper in SHOPPERS:
        assert found[shopper.name] == pytest.approx(shopper.share, abs=0.05)


def test_types_differ_in_frequency_and_in_who_is_still_active(shop: Shop) -> None:
    rows = shop.con.execute(
        f"SELECT type, avg(orders), avg(is_alive::INTEGER) FROM {shop.truth('customer_truth')} GROUP BY 1"
    ).fetchall()
    orders = {row[0]: row[1] for row in rows}
    alive = {row[0]: row[2] for row in rows}
    assert orders["champion"] > 2 * orders["regular"] > 2 * orders["seasonal_gifter"] > 4 * orders["one_timer"]
    assert alive["champion"] > 0.8 > alive["regular"] > 0.5 > alive["lapsed"] > alive["one_timer"]


def test_drop_out_ends_a_history(shop: Shop) -> None:
    (wrong,) = shop.one(f"SELECT count(*) FROM {shop.truth('customer_truth')} WHERE is_alive AND dropped_out_on IS NOT NULL")
    assert wrong == 0
    (left,) = shop.one(f"SELECT count(*) FROM {shop.truth('customer_truth')} WHERE dropped_out_on IS NOT NULL")
    assert left > 100


def test_gift_shoppers_come_before_christmas(shop: Shop) -> None:
    (share,) = shop.one(f"""
        SELECT avg((month(try_cast(order_date AS DATE)) IN (11, 12))::INTEGER) FROM {shop.read("orders_*.csv")} o
        JOIN {shop.truth("customer_truth")} t ON t.customer_id = upper(trim(o.cust_no)) WHERE t.type = 'seasonal_gifter'""")
    assert share > 0.95


@pytest.mark.slow
def test_k_means_finds_the_types_again(tmp_path: Path) -> None:
    """Adjusted Rand index above 0.3; shuffled labels stay below 0.02 in all of 50 permutations."""
    report = generate(8000, 5, tmp_path, file_format="parquet", dirt=False, sources=["orders", "returns"])
    found = duckdb.execute(f"""
        WITH o AS (SELECT cust_no, count(*) AS frequency, sum(total) AS gross, DATE '{AS_OF}' - max(order_date)::DATE AS recency,
                          DATE '{AS_OF}' - min(order_date)::DATE AS tenure, count(DISTINCT order_date::DATE) - 1 AS gaps,
                          sum(discount) / sum(total + discount) AS discount_share
                   FROM '{report.folder}/orders_*.parquet' WHERE status <> 'cancelled' GROUP BY 1),
        r AS (SELECT cust_no, sum(refund) AS refund
              FROM '{report.folder}/returns.parquet' JOIN '{report.folder}/orders_*.parquet' USING (order_no) GROUP BY 1)
        SELECT recency, frequency, gross - coalesce(refund, 0), gross / frequency, tenure,
               CASE WHEN gaps > 0 THEN (tenure - recency) / gaps ELSE 0 END, discount_share, coalesce(refund, 0) / gross, type
        FROM o LEFT JOIN r USING (cust_no) JOIN '{report.truth}/customer_truth.parquet' ON customer_id = cust_no
        ORDER BY cust_no""").fetchall()
    features = StandardScaler().fit_transform(np.log1p(np.array([row[:-1] for row in found], dtype=float)))
    types = np.array([row[-1] for row in found])
    clusters = KMeans(7, n_init=5, random_state=0).fit_predict(features)
    shuffle = np.random.default_rng(0)
    assert adjusted_rand_score(types, clusters) > 0.3
    assert max(adjusted_rand_score(shuffle.permutation(types), clusters) for _ in range(50)) < 0.02
