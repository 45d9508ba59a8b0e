"""The samples of the profiles come to the same totals on Spark."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline_tests.engine.conftest import _spark
from segmentation_pipeline_tests.profiles.test_profiles import answers, expected, figures, files, init

HARDEST = ("shopify_orders", "woocommerce_orders", "stripe_payments", "square_items", "sap_sales")
"""What the other profiles need of an engine, these need too: lines and orders of one file, cells filled down, expressions,
refunds, guests, offsets, and decimal commas."""


@pytest.mark.wide
@pytest.mark.parametrize("profile", HARDEST)
def test_a_sample_is_the_same_on_spark(
    profile: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = init(tmp_path, files(profile), answers(profile), monkeypatch, "--yes")
    assert given.exit_code == 0, f"{given.output}\n{given.exception}"
    engine = _spark(request, tmp_path)
    assert figures(tmp_path, engine) == expected(profile)
    engine.close()
