"""The page of the profiles says of every column what it is read from."""

from __future__ import annotations

import re

import pytest

from segmentation_pipeline.profiles.catalog import profiles
from segmentation_pipeline.profiles.page import page


def test_every_column_of_every_profile_and_every_row_left_out_has_a_line() -> None:
    _, *sections = re.split(r"^## (\w+)$", page(), flags=re.MULTILINE)
    told = {
        name: re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE)
        for name, text in zip(sections[::2], sections[1::2], strict=True)
    }
    assert told == {
        name: [f"{source}.{column}" for source, settings in each.sources.items() for column in settings.get("columns", {})]  # type: ignore[attr-defined]
        for name, each in profiles().items()
    }
    assert "| rows of `orders`: test orders | `Tags = 'test'` |" in page()


@pytest.mark.parametrize(
    "line",
    [
        "| `orders.customer_id` | the first that is known of `Buyer User ID`, `Buyer` |",
        "| `orders.ordered_at` | `Order Date` and `Order Time`; else `Order Date` |",
        "| `orders.status` | `Status`; may be missing |",
        "| `order_items.line_number` | the number of the row |",
        "| `consents.channel` | always `email` |",
    ],
)
def test_each_way_to_make_a_column_is_said_in_words(line: str) -> None:
    assert line in page().splitlines()
