"""Lists on disk: which there are, in which version, and what each is compared with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from segmentation_pipeline.campaigns.lists import AudienceList, latest_before, lists_on_disk

MONDAY, TUESDAY, WEDNESDAY = date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)


def test_complete_lists_are_found_with_their_versions_and_other_folders_are_not(tmp_path: Path) -> None:
    for name in ("2026-06-01/spring", "2026-06-01/spring.v2", "2026-06-01/spring.v10", "2026-06-02/summer", "notes/spring"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "manifest.json").touch()
    for name in ("2026-06-02/.spring.new", "2026-06-02/spring.v1", "2026-06-02/spring.bak", "20260602/spring"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "manifest.json").touch()
    (tmp_path / "2026-06-02" / "incomplete").mkdir()
    assert lists_on_disk(tmp_path) == [
        AudienceList(MONDAY, "spring"),
        AudienceList(MONDAY, "spring", 2),
        AudienceList(MONDAY, "spring", 10),
        AudienceList(TUESDAY, "summer"),
    ]
    assert [each.folder for each in lists_on_disk(tmp_path)[:2]] == ["2026-06-01/spring", "2026-06-01/spring.v2"]
    assert lists_on_disk(tmp_path / "absent") == []


def test_a_list_is_compared_with_the_last_version_before_it_under_any_of_its_names() -> None:
    lists = [
        AudienceList(MONDAY, "spring"),
        AudienceList(MONDAY, "spring", 2),
        AudienceList(TUESDAY, "other"),
        AudienceList(WEDNESDAY, "lent"),
        AudienceList(WEDNESDAY, "lent", 2),
    ]
    names = {"spring", "lent"}
    assert latest_before(lists, names, AudienceList(WEDNESDAY, "lent")) == AudienceList(MONDAY, "spring", 2)
    assert latest_before(lists, names, AudienceList(WEDNESDAY, "lent", 3)) == AudienceList(WEDNESDAY, "lent", 2)
    assert latest_before(lists, names, AudienceList(MONDAY, "spring")) is None
