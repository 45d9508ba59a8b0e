"""A day is published as it was known at its end: whatever happens later, in any source, changes no row of it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline_tests.end_to_end.project import ROOT, published, segmentation
from segmentation_pipeline_tests.properties.later_events import BY_RESTRICTION, FILES, go_on, write_shop

pytestmark = pytest.mark.long

DAY = date(2026, 3, 31)
ABOUT_CONTACT = {
    "campaign_audiences",
    "campaign_funnel",
    "campaign_decisions",
    "audience_overlap",
    "audience_destinations",
    "unmatched_opt_outs",
    "campaigns_over_time",
}
"""A no that is known later stops a contact: these follow what is known when the run reads, and so do results of the lists and
the coverage of consent."""
OF_THE_FILES = {
    "row_accounting": "SELECT source, clean, quarantined, superseded FROM row_accounting",
    "data_quality": "SELECT * REPLACE (CASE WHEN table_name LIKE 'clean.%' THEN NULL ELSE checked_rows END AS checked_rows,"
    " CASE WHEN table_name LIKE 'clean.%' THEN NULL ELSE observed END AS observed,"
    " CASE WHEN table_name LIKE 'clean.%' THEN NULL ELSE message END AS message,"
    " CASE WHEN table_name LIKE 'clean.%' THEN NULL ELSE unexpected_share END AS unexpected_share) FROM data_quality WHERE table_name NOT LIKE 'campaigns.%' AND table_name NOT LIKE 'measurement.campaign%'",
    "campaign_results": "SELECT * FROM campaign_results WHERE source <> 'lists'",
    "segment_kpis": "SELECT COLUMNS(c -> NOT starts_with(c, 'consent_coverage')) FROM segment_kpis",
    "model_registry": "SELECT * EXCLUDE (data_fingerprint) FROM model_registry",
    "publication": "SELECT as_of FROM publication",
}
"""Tables that tell of the files as they lie there beside the day: without what counts or names their rows."""


def run_of_the_day(project: Path) -> dict[str, Counter[tuple[object, ...]]]:
    """Every published table but those about contact, as rows."""
    done = segmentation(project, "run", "--as-of", DAY.isoformat())
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    with duckdb.connect(str(published(project)), read_only=True) as con:
        names = [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
        return {
            name: Counter(con.execute(OF_THE_FILES.get(name, f'FROM "{name}"')).fetchall())
            for name in names
            if name not in ABOUT_CONTACT
        }


def test_what_happens_after_a_day_changes_no_row_published_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    then, now = tmp_path / "then", tmp_path / "now"
    for project in (then, now):
        write_shop(project, ROOT / "examples" / "every_source" / "config", 300, DAY)
    later = go_on(now / "data" / "raw", DAY)
    before, after = run_of_the_day(then), run_of_the_day(now)
    with capsys.disabled():
        print(f"\n{'source':<20}{'changed':>9}{'added':>9}{'deleted':>9}{'corrected or filled in':>24}")  # noqa: T201
        for source, (changed, added, deleted, corrected) in later.items():
            print(f"{source:<20}{changed:>9}{added:>9}{deleted:>9}{corrected:>24}")  # noqa: T201
        differ = {name: (before[name] - after[name]).total() + (after[name] - before[name]).total() for name in before}
        told = ", ".join(f"{name} {rows}" for name, rows in differ.items() if rows) or "0"
        print(f"published rows changed in {len(before)} tables, {sum(map(Counter.total, before.values()))} rows: {told}")  # noqa: T201
    assert set(FILES) == set(SOURCES) - {BY_RESTRICTION}
    assert all(sum(counts) > 0 for counts in later.values())
    assert before.keys() == after.keys()
    assert {name: rows for name, rows in differ.items() if rows} == {}
