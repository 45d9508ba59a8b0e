"""The log of audiences: it outlives crashes, holds nobody's name, and says what was handed over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from segmentation_pipeline.campaigns.audience_log import DELIVERED, MADE, SEALED, AudienceLog, AudienceLogError
from segmentation_pipeline.campaigns.lists import AudienceList

MONDAY, TUESDAY = date(2026, 6, 1), date(2026, 6, 2)


def test_events_come_back_in_order_and_seals_and_deliveries_are_told_apart_from_the_rest(tmp_path: Path) -> None:
    log = AudienceLog(tmp_path / "data" / "log.jsonl")
    assert (log.events(), log.handed_over(), log.sealed_days()) == ([], set(), set())
    log.add(MADE, MONDAY, "spring", arms={"treatment": 3})
    log.add(SEALED, MONDAY, "spring", 2)
    log.add(DELIVERED, MONDAY, "summer", to="object_store")
    log.add(SEALED, TUESDAY, None)
    assert [(e.event, e.campaign, dict(e.facts)) for e in log.events()] == [
        ("made", "spring", {"arms": {"treatment": 3}}),
        ("sealed", "spring", {}),
        ("delivered", "summer", {"to": "object_store"}),
        ("sealed", None, {}),
    ]
    assert log.handed_over() == {AudienceList(MONDAY, "spring", 2), AudienceList(MONDAY, "summer")}
    assert log.sealed_days() == {TUESDAY}
    assert (tmp_path / "data" / "log.jsonl").stat().st_mode & 0o077 == 0


def test_a_line_that_a_crash_cut_off_never_happened_and_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = AudienceLog(path)
    log.add(MADE, MONDAY, "spring")
    with path.open("a") as file:
        file.write('{"event": "sealed", "as_of": "2026-0')
    assert [event.event for event in log.events()] == ["made"]
    log.add(SEALED, MONDAY, "spring")
    assert [event.event for event in log.events()] == ["made", "sealed"]


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"event": "sealed", "as_of": "soon", "campaign": null, "version": 1}'])
def test_a_line_that_cannot_be_read_stops_and_names_itself(tmp_path: Path, line: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(AudienceLogError, match=r"log\.jsonl, line 1, is no event of this log"):
        AudienceLog(path).handed_over()
