"""Charts have a title, cut nothing off, escape their texts, and do not speak by colour alone."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from segmentation_pipeline.report.charts.bars import Bar, bars
from segmentation_pipeline.report.charts.columns import Column, columns
from segmentation_pipeline.report.charts.curves import Curve, curves
from segmentation_pipeline.report.charts.flows import Flow, flows
from segmentation_pipeline.report.charts.forest import Effect, forest
from segmentation_pipeline.report.charts.spark import spark
from segmentation_pipeline.report.charts.waterfall import Gate, waterfall
from segmentation_pipeline.report.words import money

NAME = 'A & <b> "name" that is much longer than what one would write beside a bar'
CHARTS: dict[str, Callable[[str], Markup]] = {
    "bars": lambda name: bars(name, [Bar(name, (3.0, 1.0), ("3", "1")), Bar("b", (0.0, 0.0), ("0", "0"))], ("one", "other")),
    "columns": lambda name: columns(name, [Column("2026-01", (5.0, 2.0)), Column(name[:8], (-1.0, 0.0))], ("a", "b")),
    "curves": lambda name: curves(name, [Curve("model", [(0.0, 0.0), (1.0, 1.0)])], "x", "y", "equal"),
    "flows": lambda name: flows(name, [Flow(name, name, 90), Flow(name, "b", 3)], "2026-06-29", "2026-06-30"),
    "forest": lambda name: forest(name, [Effect(name, -1.0, 2.0, 5.0, "works", "m")], money),
    "waterfall": lambda name: waterfall(name, [Gate(name, 100, 40), Gate("b", 60, 60)], "named", "contacted"),
    "spark": lambda name: spark(name, [1.0, 4.0, 2.0]),
}


def svg_of(drawn: Markup) -> ElementTree.Element:
    return next(ElementTree.fromstring(drawn).iter("svg"))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_well_formed_and_has_its_title(chart: str) -> None:
    svg = svg_of(CHARTS[chart](NAME))
    assert svg[0].tag == "title" and svg[0].text == NAME and svg.attrib["role"] == "img"


@pytest.mark.parametrize("chart", [name for name in CHARTS if name != "spark"])
def test_nothing_is_cut_off(chart: str) -> None:
    svg = svg_of(CHARTS[chart](NAME))
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    for text in svg.iter("text"):
        long = len(text.text or "") * 12 * 0.6
        x = float(text.attrib["x"])
        left = {"start": x, "end": x - long, "middle": x - long / 2}[text.attrib["text-anchor"]]
        assert left >= -2 and left + long <= width + 2, text.text
        assert 0 <= float(text.attrib["y"]) <= height + 1, text.text
    for mark in svg.iter("rect"):
        assert float(mark.attrib["x"]) + float(mark.attrib["width"]) <= width + 1
        assert float(mark.attrib["y"]) + float(mark.attrib["height"]) <= height + 1


def test_two_series_differ_by_more_than_colour() -> None:
    kinds = {mark.attrib["class"] for mark in svg_of(CHARTS["bars"]("t")).iter("rect")}
    assert kinds == {"m", "o"}, "one filled, the other outlined"


def test_customers_of_a_small_segment_are_not_counted_beside_it() -> None:
    texts = [text.text for text in svg_of(flows("t", [Flow("a", "a", 90), Flow("a", "b", 3)], "x", "y")).iter("text")]
    assert "b under 10" in texts and "a 93" in texts


def test_a_line_needs_two_days() -> None:
    assert spark("t", [4.0]) == ""


def test_charts_of_nothing_are_drawn_too() -> None:
    for drawn in (bars("t", []), columns("t", []), curves("t", [], "x", "y"), forest("t", [], money), flows("t", [], "a", "b")):
        assert svg_of(drawn) is not None
