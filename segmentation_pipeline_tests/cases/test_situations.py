"""Ten situations in which the first release wrote to people it must not: each is left out, or stops with place and cure."""

from __future__ import annotations

import pytest

from segmentation_pipeline_tests.cases.situations import SITUATIONS, STOPS, outcomes

pytestmark = pytest.mark.slow


def test_every_situation_comes_out_right() -> None:
    told = outcomes()
    assert [each for each in told if not each.right] == []
    assert [each.name for each in told] == [*(each.name for each in SITUATIONS), *(name for name, *_ in STOPS)]
