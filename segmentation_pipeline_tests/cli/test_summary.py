"""Whoever stops a run is told what is published and how to go on."""

from __future__ import annotations

from datetime import date

import pytest

from segmentation_pipeline.assets.run_outcome import Outcome
from segmentation_pipeline.cli.summary import print_stopped

DAY, BEFORE = date(2026, 6, 30), date(2026, 6, 29)
PUBLISHED = Outcome(False, "1", rows={"published.segmentation": 7})


@pytest.mark.parametrize(
    ("before", "outcome", "said"),
    [
        (None, None, "Stopped. Nothing was published; run again to go on"),
        (None, Outcome(False, "1"), "Stopped. Nothing was published; run again to go on"),
        (BEFORE, Outcome(False, "1"), "Days up to 2026-06-29 are published, 2026-06-30 is not; run again with --from 2026-06-30"),
        (BEFORE, PUBLISHED, "2026-06-30 is published, but not every destination has it"),
    ],
)
def test_what_is_left_is_said(
    before: date | None, outcome: Outcome | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_stopped(DAY, before, outcome)
    assert said in " ".join(capsys.readouterr().out.split())
