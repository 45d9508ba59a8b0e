"""An aim is met, not met or not measured; sides that differ measure nothing."""

from __future__ import annotations

from benchmarks.aims import AIMS, MILLION, Aim, grid, judge
from benchmarks.report import Finding

AT_MOST = Aim("cheap", "full", "ratio", 2, "x", MILLION)
AT_LEAST = Aim("quick", "daily", "gain", 5, "x", at_least=True)


def _finding(part: str, customers: int, differences: list[str] | None = None, **figures: float) -> Finding:
    return Finding(part, customers, [], figures, differences or [])


def test_the_bound_itself_is_met() -> None:
    findings = {"full": [_finding("full", MILLION, ratio=2.0)], "daily": [_finding("daily", 1000, gain=5.0)]}
    assert [verdict.words for verdict in judge(findings, [AT_MOST, AT_LEAST])] == ["met", "met"]


def test_the_wrong_side_of_the_bound_is_not_met() -> None:
    findings = {"full": [_finding("full", MILLION, ratio=2.01)], "daily": [_finding("daily", 1000, gain=4.9)]}
    assert [verdict.words for verdict in judge(findings, [AT_MOST, AT_LEAST])] == ["not met", "not met"]


def test_another_size_is_no_measurement_of_an_aim_with_a_size() -> None:
    [verdict] = judge({"full": [_finding("full", 1000, ratio=1.0)]}, [AT_MOST])
    assert (verdict.value, verdict.words) == (None, "not measured")


def test_an_aim_without_a_size_is_judged_by_the_largest() -> None:
    [verdict] = judge({"daily": [_finding("daily", 1000, gain=9.0), _finding("daily", 2000, gain=3.0)]}, [AT_LEAST])
    assert (verdict.value, verdict.words) == (3.0, "not met")


def test_sides_that_differ_meet_nothing() -> None:
    [verdict] = judge({"full": [_finding("full", MILLION, ["orders"], ratio=1.0)]}, [AT_MOST])
    assert verdict.words == "not measured"


def test_every_aim_is_listed_even_before_anything_was_measured() -> None:
    rows = grid(judge({})).rows
    assert len(rows) == len(AIMS)
    assert {row[-1] for row in rows} == {"not measured"}
