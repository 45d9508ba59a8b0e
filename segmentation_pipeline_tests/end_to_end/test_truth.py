"""The pipeline's answers on the sample against what its generator knows."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, roc_auc_score

from segmentation_pipeline_tests.end_to_end.project import ROOT, published

pytestmark = pytest.mark.slow

TRUTH = ROOT / "segmentation_pipeline_tests" / "truth" / "sample" / "customer_truth.parquet"


def _joined(project: Path, columns: str) -> dict[str, np.ndarray]:
    with duckdb.connect(str(published(project)), read_only=True) as connection:
        return connection.execute(
            f"SELECT {columns} FROM customer_profile p JOIN '{TRUTH}' t USING (customer_id) WHERE p.frequency > 0 ORDER BY customer_id"
        ).fetchnumpy()


def test_clusters_recover_the_latent_types_far_better_than_chance(sample_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Adjusted Rand index (Hubert & Arabie 1985): 0 is chance, 1 is the same partition."""
    data = _joined(sample_run, "p.cluster_segment AS cluster, t.type AS type")
    clusters, types = data["cluster"].astype(str), data["type"].astype(str)
    found = adjusted_rand_score(types, clusters)
    generator = np.random.default_rng(0)
    shuffled = [adjusted_rand_score(types, generator.permutation(clusters)) for _ in range(200)]
    with capsys.disabled():
        print(f"\nclusters against latent types: adjusted Rand index {found:.3f}; 200 shuffles: at most {max(shuffled):.3f}")  # noqa: T201
    assert found > 0.2
    assert found > 10 * max(shuffled)


def test_the_probability_to_be_alive_ranks_the_living_above_the_gone(sample_run: Path) -> None:
    """Among repeat buyers: BG/NBD lets a customer drop out only after a repeat purchase, so it says 1 for all others."""
    data = _joined(sample_run, "p.p_alive AS p_alive, t.is_alive AS is_alive, p.order_days AS order_days")
    repeat = data["order_days"] >= 2
    assert repeat.sum() > 1000
    assert roc_auc_score(data["is_alive"][repeat], data["p_alive"][repeat]) > 0.85


def test_no_customer_without_faults_has_more_or_later_orders_than_the_generator_made(sample_run: Path) -> None:
    faults = TRUTH.with_name("faults.parquet")
    with duckdb.connect(str(published(sample_run)), read_only=True) as connection:
        [(compared, equal)] = connection.execute(
            f"""SELECT count(*), count(*) FILTER (p.last_order_date <= t.last_order_on AND p.frequency <= t.orders)
                FROM customer_profile p JOIN '{TRUTH}' t USING (customer_id)
                WHERE p.frequency > 0 AND NOT EXISTS (SELECT 1 FROM '{faults}' f WHERE contains(f.key, p.customer_id))"""
        ).fetchall()
    assert compared > 1500
    assert equal == compared


@pytest.mark.parametrize(
    ("segmentation", "trait", "known", "least"),
    [
        ("shopping_intent", "web_trait", "web_sessions_90d >= 4", 0.35),
        ("email_engagement", "email_trait", "email_received_90d + email_bounced_90d >= 4", 0.6),
        ("loyalty_behaviour", "loyalty_trait", "loyalty_joined_date IS NOT NULL", 0.3),
        ("advocacy", "opinion_trait", "nps IS NOT NULL", 0.75),
        ("brand_trust", "opinion_trait", "construct_trust IS NOT NULL", 0.4),
        ("lifestyle_segment", "lifestyle_trait", "class_lifestyle IS NOT NULL", 0.6),
        ("benefit_sought", "benefit_trait", "NOT class_benefit_inferred", 0.6),
        ("main_occasion", "type = 'seasonal_gifter'", "order_days >= 3", 0.3),
    ],
)
def test_what_customers_say_and_do_beside_buying_is_found(
    sample_run: Path, segmentation: str, trait: str, known: str, least: float
) -> None:
    """Adjusted mutual information (Vinh, Epps & Bailey 2010): 0 is chance, 1 is the same partition."""
    with duckdb.connect(str(published(sample_run)), read_only=True) as connection:
        data = connection.execute(
            f"""SELECT coalesce({segmentation}, 'none') AS segment, ({trait})::VARCHAR AS trait
                FROM customer_profile JOIN '{TRUTH}' USING (customer_id) WHERE {known}"""
        ).fetchnumpy()
    assert adjusted_mutual_info_score(data["trait"].astype(str), data["segment"].astype(str)) > least
