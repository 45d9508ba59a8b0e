"""The command that shows what the profiles come to: its tables, and how it ends."""

from __future__ import annotations

import pytest

from segmentation_pipeline.profiles.catalog import profiles
from segmentation_pipeline_tests.profiles import show


def test_it_says_what_it_shows_and_what_there_is_none_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert show.main([]) == 2
    assert "show samples [PROFILE...]" in capsys.readouterr().out
    assert show.main(["samples", "shopify_order"]) == 2
    assert "no such profile: shopify_order" in capsys.readouterr().out
    assert len(show.MUTATIONS) >= 10 and "shopify_orders" in profiles()


@pytest.mark.slow
def test_a_sample_goes_from_init_to_a_run_and_each_mutation_is_judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert show.main(["samples", "etsy_orders"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("| etsy_orders"))
    assert row.startswith("| etsy_orders | 2 | timezone |") and row.endswith("| 9 | 1378.80 | 35.00 | 0.00 | yes |")
    monkeypatch.setattr(show, "MUTATIONS", {name: show.MUTATIONS[name] for name in ("a column more", "a column renamed")})
    assert show.main(["mutations", "etsy_orders"]) == 0
    told = capsys.readouterr().out
    assert "| etsy_orders | right | refused |" in told and "right 1, refused 1, silently wrong 0 of 2" in told
