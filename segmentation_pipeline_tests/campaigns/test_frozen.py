"""What was sent stays: which runs make audiences and which leave them alone."""

from __future__ import annotations

from datetime import date

import pytest

from segmentation_pipeline.campaigns.frozen import Makes, ReissueError, what_is_made, why_left
from segmentation_pipeline.campaigns.lists import AudienceList, lists_on_disk
from segmentation_pipeline.campaigns.stored import which_count
from segmentation_pipeline.config.schema import Campaign, Config, PipelineConfig, PrivacyConfig, Repeat

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
    assert (
        why_left(TUESDAY, (), wanted=True, sealed=True)
        == "the audiences of 2026-06-02 are sealed: they are neither made nor changed"
    )
    left = why_left(TUESDAY, days_run, wanted=wanted)
    assert left is None if told is None else told in str(left)


def test_a_day_counts_by_a_complete_audience_and_other_folders_do_not(tmp_path):
    for path in ("2026-06-01/spring", "2026-06-02/spring", "notes/spring"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "2026-06-01/spring/manifest.json").touch()
    (tmp_path / "notes/spring/manifest.json").touch()
    assert {each.as_of for each in lists_on_disk(tmp_path)} == {MONDAY}
    assert list(lists_on_disk(tmp_path / "absent")) == []


def config(**campaigns: dict[str, object]) -> Config:
    listed = {name: Campaign(title=name, channel="email", audience="true", **more) for name, more in campaigns.items()}
    return Config(
        sources={}, pipeline=PipelineConfig(), privacy=PrivacyConfig(salt="test-salt-1"), segmentations={}, campaigns=listed
    )


SPRING, SUMMER = AudienceList(MONDAY, "spring"), AudienceList(MONDAY, "summer")


def made(left=None, lists=(), handed_over=(), reissue=(), **campaigns):
    asked = config(**(campaigns or {"spring": {}, "summer": {}}))
    return what_is_made(asked, MONDAY, left=left, lists=lists, handed_over=handed_over, reissue=reissue)


def test_a_list_that_was_handed_over_stays_and_the_others_of_the_newest_day_are_made():
    assert made() == Makes({"spring": 1, "summer": 1}, frozenset())
    assert made(lists=[SPRING, SUMMER], handed_over=[SPRING]) == Makes({"summer": 1}, frozenset({SPRING}))
    assert made(lists=[SPRING], left="a later day has run") == Makes({}, frozenset({SPRING}))


def test_a_list_stays_under_any_name_its_campaign_had():
    found = made(lists=[SPRING], handed_over=[SPRING], lent={"formerly": ("spring",)})
    assert found == Makes({}, frozenset({SPRING}))


def test_a_frozen_list_is_made_again_as_a_version_of_its_own():
    second = AudienceList(MONDAY, "spring", 2)
    assert made(lists=[SPRING], left="frozen", reissue=["spring"]).versions == {"spring": 2}
    assert made(lists=[SPRING, second], left="frozen", reissue=["spring"]).versions == {"spring": 3}
    assert made(lists=[SPRING], handed_over=[SPRING], reissue=["spring"]).versions == {"spring": 2, "summer": 1}
    # A version is frozen at once: the newest day made again makes neither.
    assert made(lists=[SPRING, second], handed_over=[SPRING]).versions == {"summer": 1}


@pytest.mark.parametrize(("left", "told"), [(None, "it is not frozen, so running the day again"), ("frozen", "it has none")])
def test_what_is_not_frozen_cannot_be_reissued(left, told):
    with pytest.raises(ReissueError, match=told):
        made(left=left, lists=[SPRING] if left is None else [], reissue=["spring"])


def days(*numbers: int) -> list[AudienceList]:
    return [AudienceList(date(2026, 6, number), "spring") for number in numbers]


def test_lists_of_other_days_count_once_a_later_day_has_run():
    asked = config(spring={})
    newest = date(2026, 6, 9)
    assert which_count(asked, days(1, 2, 9), date(2026, 6, 9), newest, ()) == days(1, 2)
    # A day made again after later ones minds those too, but not the newest, which may still be made anew.
    assert which_count(asked, days(1, 2, 3, 9), date(2026, 6, 2), newest, ()) == days(1, 3)
    assert which_count(asked, days(1, 2, 3, 9), date(2026, 6, 2), newest, days(9)) == days(1, 3, 9)


def test_where_only_what_was_delivered_counts_the_rest_does_not():
    asked = config(spring={"counts_as_contacted": "delivered"})
    assert which_count(asked, days(1, 2), date(2026, 6, 9), date(2026, 6, 9), days(2)) == days(2)


def test_lists_nobody_minds_any_more_are_not_read_and_of_a_standing_list_the_last_is_enough():
    ten = config(spring={"repeat": Repeat(after_days=5), "quiet_days": 3})
    assert which_count(ten, days(1, 3, 4, 5), date(2026, 6, 9), date(2026, 6, 9), ()) == days(4, 5)
    never = config(spring={"repeat": "never"})
    assert which_count(never, days(1), date(2028, 6, 9), date(2028, 6, 9), ()) == days(1)
    assert which_count(config(spring={"kind": "standing"}), days(1, 2), date(2026, 6, 9), date(2026, 6, 9), ()) == days(2)
