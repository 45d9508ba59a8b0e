"""The pictures of the documentation are those the script takes, small, and shown with a text instead."""

from __future__ import annotations

import re

from scripts.docs_site import pages
from scripts.pictures import FOLDER, MOST_BYTES, PICTURES
from segmentation_pipeline_tests.end_to_end.project import ROOT

SHOWN = re.compile(r"!\[([^\]]*)\]\((?:docs/)?pictures/(\w+)\.png\)")


def test_every_picture_is_taken_by_the_script_and_small() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {picture.name for picture in PICTURES}
    assert {path.name: size for path in FOLDER.iterdir() if (size := path.stat().st_size) > MOST_BYTES} == {}


def test_every_picture_is_shown_and_told_in_words() -> None:
    shown = [found for page in pages() for found in SHOWN.findall((ROOT / page).read_text(encoding="utf-8"))]
    assert {name for _, name in shown} == {picture.name for picture in PICTURES}
    assert all(words for words, _ in shown)
