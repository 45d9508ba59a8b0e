"""What holds of every kind of segmentation, and that nobody else knows one."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

import pytest

import segmentation_pipeline
from segmentation_pipeline.segmentations.kinds import AnySegmentation, SegmentationKind

PACKAGE = Path(segmentation_pipeline.__file__).parent
KINDS = get_args(get_args(AnySegmentation)[0])
OUTSIDE = [path for path in PACKAGE.rglob("*.py") if path.parent.name != "kinds"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_a_file_named_by_the_word_that_chooses_it(kind):
    assert issubclass(kind, SegmentationKind)
    assert get_args(kind.model_fields["kind"].annotation) == (kind.__module__.rpartition(".")[2],)
    assert not kind.__abstractmethods__
    assert kind.__doc__


def test_no_file_of_a_kind_is_left_out_of_the_list():
    shared = {"__init__", "base", "by_rules", "check", "of_model"}
    files = {path.stem for path in (PACKAGE / "segmentations" / "kinds").glob("*.py")}
    assert files - shared == {kind.__module__.rpartition(".")[2] for kind in KINDS}


def test_nobody_asks_of_what_kind_a_segmentation_is():
    """No isinstance, no match and no other use of their classes; but what is off on a day is given empty rules."""
    names = {kind.__name__ for kind in KINDS}
    users = {
        path.relative_to(PACKAGE).as_posix(): used
        for path in OUTSIDE
        if (
            used := names
            & {node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)}
        )
    }
    assert users == {"segmentations/unpublished.py": {"RulesSegmentation"}}
