"""What a platform holds after each day's removals and additions is the day's list, over random days, moves and sharing."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline_tests.campaigns import test_upload as lists
from segmentation_pipeline_tests.examples import examples

pytestmark = pytest.mark.slow
some = examples(4, 60)

emails = st.sampled_from(["a@gmail.com", "a.+x@gmail.com", "b@mail.test", "c@mail.test", "d@mail.test"])
phones = st.sampled_from([None, "+4930111111", "+4930222222", "+4930333333", "030 444444"])
person = st.fixed_dictionaries({"email": emails, "phone": phones, "postal_code": st.sampled_from(["10115", "20095"])})
days = st.lists(st.dictionaries(st.sampled_from("abcde"), person, min_size=1), min_size=2, max_size=3)


@some
@given(days, st.sampled_from(["email", "email_and_phone", "everything"]))
def test_removals_then_additions_make_yesterdays_list_todays(world: list[dict[str, dict]], match_on: str) -> None:
    held: set[tuple[str, ...]] = set()
    settings = {"channel": "ads", "profile_settings": {"match_on": match_on}}
    with TemporaryDirectory() as folder:
        for number, people in enumerate(world):
            day = lists.DAY + timedelta(days=number)
            listed = [lists.JANE | {"customer_id": name} | known for name, known in people.items()]
            lists.write(Path(folder), "google_customer_match", people=listed, as_of=day, **settings)
            held -= found_by(Path(folder), "google_customer_match.removed.csv", day)
            held |= found_by(Path(folder), "google_customer_match.added.csv", day)
            assert held == found_by(Path(folder), "google_customer_match.csv", day)


def found_by(folder: Path, name: str, day: date) -> set[tuple[str, ...]]:
    """Whom the platform finds by the rows of a file."""
    with (folder / day.isoformat() / "spring" / name).open(newline="") as file:
        return {tuple(row.get(column, "") for column in ("Email", "Phone")) for row in csv.DictReader(file)}
