"""Columns of assets are told by those of other assets."""

from __future__ import annotations

from segmentation_pipeline.assets.column_lineage import column_lineage

ASSETS = {"clean.orders", "features.sums", "segments.profile"}


def test_working_tables_are_looked_through() -> None:
    written = {
        "features.sums": {"revenue": frozenset({("work.judged", "amount"), ("clean.orders", "status")})},
        "work.judged": {"amount": frozenset({("work.typed", "total")})},
        "work.typed": {"total": frozenset({("clean.orders", "amount"), ("work.judged", "amount"), ("main.file", "x")})},
    }
    assert column_lineage("features.sums", written, ASSETS) == {
        "revenue": [("clean.orders", "amount"), ("clean.orders", "status")]
    }


def test_what_is_made_from_nothing_or_from_whole_tables_is_left_out() -> None:
    many = frozenset(("clean.orders", f"column_{number}") for number in range(51))
    written = {"segments.profile": {"as_of": frozenset(), "all": many, "itself": frozenset({("segments.profile", "all")})}}
    assert column_lineage("segments.profile", written, ASSETS) == {}
    assert column_lineage("features.sums", written, ASSETS) == {}, "a table of which this run wrote no row"
