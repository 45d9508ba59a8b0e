"""Pictures say the numbers, cut nothing off, and hold nothing but what was drawn."""

from __future__ import annotations

from xml.etree import ElementTree

import ibis
import pytest

from segmentation_pipeline.assets.pictures import bars, histograms, panels
from segmentation_pipeline.engine.duckdb import DuckDBEngine

LONG = [("low_average_order_value_high_discount_share", 900.0), ("outlier", 4.0)]
SHORT = [("de", 900.0), ("at", 300.0), ("fr", 200.0)]
SVG = "{http://www.w3.org/2000/svg}"


def _texts(picture: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def _boxes(picture: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of all that is drawn on the paper, texts as wide as a typewriter writes them."""
    boxes = []
    for panel in ElementTree.fromstring(picture).iter(f"{SVG}g"):
        x0, y0 = map(float, panel.attrib["transform"].removeprefix("translate(").removesuffix(")").split())
        for mark in panel:
            x, y = x0 + float(mark.attrib["x"]), y0 + float(mark.attrib["y"])
            if mark.tag == f"{SVG}rect":
                boxes.append((x, y, x + float(mark.attrib["width"]), y + float(mark.attrib["height"])))
            else:
                size = float(mark.attrib["font-size"])
                width = len(mark.text or "") * size * 0.6
                left = x - width if mark.attrib["text-anchor"] == "end" else x
                boxes.append((left, y - size, left + width, y + size * 0.25))
    return boxes


def _size(picture: str) -> tuple[float, float]:
    root = ElementTree.fromstring(picture)
    return float(root.attrib["width"]), float(root.attrib["height"])


@pytest.mark.parametrize(
    "picture",
    [
        bars(LONG, "customers by cluster"),
        bars(SHORT, "customers by country, which is a title longer than any of its bars will ever be"),
        panels([("cluster", LONG), ("country", SHORT)]),
        panels([("country", SHORT), ("cluster", LONG), ("more", SHORT), ("again", LONG)]),
    ],
)
def test_nothing_that_is_drawn_is_cut_off_at_the_edge(picture: str) -> None:
    width, height = _size(picture)
    assert all(left >= 0 and top >= 0 and right <= width and bottom <= height for left, top, right, bottom in _boxes(picture))


def test_every_bar_has_its_number() -> None:
    assert {"de", "900", "at", "300", "customers"} <= set(_texts(bars(SHORT, "customers")))
    assert {"0.231", "12,345"} <= set(_texts(bars([("alpha", 0.23111), ("beta", 12345.0)], "mixed")))


def test_bars_are_as_long_as_their_numbers() -> None:
    lengths = [float(rect.attrib["width"]) for rect in ElementTree.fromstring(bars(SHORT, "")).iter(f"{SVG}rect")][1:]
    assert lengths == [150.0, 50.0, pytest.approx(33.3)]


def test_short_labels_take_little_room_beside_long_ones() -> None:
    assert _size(panels([("cluster", LONG), ("country", SHORT)]))[0] < _size(panels([("cluster", LONG)] * 2))[0] - 100


@pytest.mark.parametrize("label", ["<script>alert(1)</script>", "$5 & $10", 'a"b', "\x00\x07bell"])
def test_a_label_is_text_whatever_it_holds(label: str) -> None:
    shown = label.replace("\x00", "\ufffd").replace("\x07", "\ufffd")
    assert _texts(bars([(label, 1.0)], "labels")) == ["labels", shown, "1"]


def test_a_number_that_is_none_is_told_as_none() -> None:
    assert _texts(bars([("alpha", float("nan")), ("beta", 2.0)], "mixed")) == ["mixed", "alpha", "-", "beta", "2"]


def test_what_has_no_values_says_so_and_no_groups_make_a_blank_picture() -> None:
    assert _texts(panels([("country", [])])) == ["country", "no values"]
    assert _texts(panels([])) == []


def test_a_histogram_leaves_out_one_in_a_hundred_at_each_end_and_counts_the_rest() -> None:
    engine = DuckDBEngine(None)
    values = [float(value) for value in range(1, 100)] + [1e9, -1e9]
    table = ibis.memtable({"spend": values, "empty": [None] * len(values)}, schema={"spend": "float64", "empty": "float64"})
    picture = histograms(engine, table, ["spend", "empty"])
    assert _texts(picture) == ["spend", "1", "99", "empty", "no values"]
    assert len(_boxes(picture)) == 24 + 5
