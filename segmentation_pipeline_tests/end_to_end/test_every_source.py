"""The example with every source: it runs, and its segments find what the generator knows."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline_tests.end_to_end.project import ROOT, published, query, segmentation

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "examples" / "every_source"
CASES = {
    # segmentation: the trait behind it, those about whom enough is known, and the least agreement
    "shopping_intent": ("web_trait", "web_sessions_90d >= 4", 0.35),
    "web_engagement": ("web_trait", "last_web_session_date IS NOT NULL", 0.2),
    "email_engagement": ("email_trait", "email_received_90d + email_bounced_90d >= 4", 0.6),
    "social_engagement": ("social_trait", "TRUE", 0.6),
    "advocacy": ("opinion_trait", "nps IS NOT NULL", 0.75),
    "support_experience": ("support_trait", "TRUE", 0.3),
    "loyalty_behaviour": ("loyalty_trait", "loyalty_joined_date IS NOT NULL", 0.3),
    "subscription_stage": ("club_trait", "subscribed_date IS NOT NULL", 0.4),
    "usage_level": ("usage_trait", "last_usage_date IS NOT NULL", 0.5),
    "payment_behaviour": ("payment_trait", "loans >= 1", 0.5),
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as ``make every-source`` runs it."""
    project = tmp_path_factory.mktemp("everything")
    shutil.copytree(EXAMPLE / "config", project / "config")
    for arguments in (("generate", "--sources", "all", "--out", str(project / "data" / "raw")), ("run",)):
        done = segmentation(project, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_every_source_is_read_and_accounted_for(everything: Path) -> None:
    rows = query(everything, "SELECT source, read, clean + quarantined + superseded + later, clean FROM row_accounting")
    assert {source for source, *_ in rows} == set(SOURCES)
    assert all(read == told and clean > 0 for _, read, told, clean in rows)


def test_every_injected_fault_ends_where_the_truth_says(everything: Path) -> None:
    faults = everything / "data" / "truth" / "faults.parquet"
    with duckdb.connect() as connection:
        listed = connection.execute(
            f"SELECT source, count(*) FROM '{faults}' WHERE effect = 'quarantined' GROUP BY 1 ORDER BY 1"
        ).fetchall()
    found = query(everything, "SELECT source, quarantined FROM row_accounting WHERE quarantined > 0 ORDER BY 1")
    assert found == listed


def test_no_rule_that_stops_a_run_failed_and_every_segmentation_has_members(everything: Path) -> None:
    assert query(everything, "SELECT * FROM data_quality WHERE NOT passed AND severity = 'error'") == []
    assert query(everything, "SELECT count(DISTINCT segmentation) FROM segment_catalog") == query(
        everything, "SELECT count(DISTINCT segmentation) FROM customer_segments"
    )


@pytest.mark.parametrize("segmentation_name", CASES)
def test_segments_agree_with_the_traits_behind_them(
    everything: Path, segmentation_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Adjusted mutual information (Vinh, Epps & Bailey 2010): 0 is chance, 1 is the same partition."""
    trait, known, least = CASES[segmentation_name]
    with duckdb.connect(str(published(everything)), read_only=True) as connection:
        data = connection.execute(f"""
            SELECT coalesce({segmentation_name}, 'none') AS segment, {trait} AS trait
            FROM customer_profile p JOIN '{everything}/data/truth/customer_truth.parquet' USING (customer_id)
            WHERE {known} ORDER BY customer_id""").fetchnumpy()
    segments, traits = data["segment"].astype(str), data["trait"].astype(str)
    found = adjusted_mutual_info_score(traits, segments)
    generator = np.random.default_rng(0)
    shuffled = max(adjusted_mutual_info_score(traits, generator.permutation(segments)) for _ in range(20))
    with capsys.disabled():
        told = f"\n{segmentation_name}: agreement with {trait} of {len(traits)} customers {found:.3f}; shuffled at most {shuffled:.3f}"
        print(told)  # noqa: T201
    assert found > least
    assert found > 10 * abs(shuffled)
