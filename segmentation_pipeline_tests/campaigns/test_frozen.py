"""What was sent stays: which runs make audiences and which leave them alone."""

from __future__ import annotations

from datetime import date

import pytest

from segmentation_pipeline.campaigns.frozen import days_with_files, why_left

MONDAY, TUESDAY, WEDNESDAY = date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)


@pytest.mark.parametrize(
    ("days_run", "wanted", "told"),
    [
        ((), True, None),
        ((MONDAY,), True, None),
        ((MONDAY, TUESDAY), True, None),  # the newest day again
        ((MONDAY, TUESDAY, WEDNESDAY), True, "a later day, 2026-06-03, has run"),
        ((WEDNESDAY,), True, "a later day, 2026-06-03, has run"),  # a day never run before
        ((WEDNESDAY,), False, "a later day, 2026-06-03, has run"),
        ((MONDAY,), False, "only the last day of a backfill"),
    ],
)
def test_only_the_newest_day_makes_audiences(days_run, wanted, told):
    left = why_left(TUESDAY, days_run, wanted=wanted)
    assert left is None if told is None else told in str(left)


def test_a_day_counts_by_a_complete_audience_and_other_folders_do_not(tmp_path):
    for path in ("2026-06-01/spring", "2026-06-02/spring", "notes/spring"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "2026-06-01/spring/manifest.json").touch()
    (tmp_path / "notes/spring/manifest.json").touch()
    assert days_with_files(tmp_path) == {MONDAY}
    assert days_with_files(tmp_path / "absent") == set()
