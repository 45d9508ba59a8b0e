"""The curve and the area under it, worked out by hand, and what must not move them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segmentation_pipeline.models.uplift.people import People, shares
from segmentation_pipeline.models.uplift.qini import curve, effect, gains, qini, qini_interval
from segmentation_pipeline_tests.models.uplift.drawn import drawn


def four() -> People:
    """Two pairs, each of one contacted and one kept out: the message makes the first order, and the second orders without."""
    contacted, wave = np.array([1.0, 0.0, 1.0, 0.0]), np.zeros(4, dtype=np.int64)
    return People({}, contacted, np.array([1.0, 0.0, 0.0, 1.0]), np.full(4, 0.5), wave, np.zeros(4, dtype=bool))


def test_the_curve_by_hand() -> None:
    share, won = curve(np.array([0.9, 0.9, 0.1, 0.1]), four())
    assert share.tolist() == [0.0, 0.5, 1.0]
    assert won.tolist() == [0.0, 0.5, 0.0], "half of people, one of whom orders more than the other; then both sides are even"
    assert qini(np.array([0.9, 0.9, 0.1, 0.1]), four()) == pytest.approx(0.25)
    assert qini(np.array([0.1, 0.1, 0.9, 0.9]), four()) == pytest.approx(-0.25)
    assert gains(np.array([0.9, 0.9, 0.1, 0.1]), four())["gain_at_50"] == pytest.approx(50.0)
    assert effect(four()).value == 0.0


def test_a_ranking_without_differences_wins_nothing() -> None:
    people, _ = drawn(2_000)
    assert qini(np.full(2_000, 0.3), people) == pytest.approx(0.0, abs=1e-12)
    won = qini_interval(np.full(2_000, 0.3), people)
    assert (won.low, won.high) == (pytest.approx(0.0, abs=1e-12), pytest.approx(0.0, abs=1e-12))


def test_a_person_who_counts_twice_is_two_people() -> None:
    people, truth = drawn(500)
    twice = np.repeat(np.arange(500), np.where(np.arange(500) % 2 == 0, 2, 1))
    doubled = replace(
        people,
        frame={},
        contacted=people.contacted[twice],
        ordered=people.ordered[twice],
        share=people.share[twice],
    )
    weights = np.where(np.arange(500) % 2 == 0, 2.0, 1.0)
    assert qini(truth[twice], doubled) == pytest.approx(qini(truth, people, weights))


def test_days_with_other_shares_kept_out_do_no_harm() -> None:
    """On the second day nearly everybody is contacted, and everybody orders more: the message does nothing on either."""
    draw, day = np.random.default_rng(2), np.repeat([0, 1], 20_000)
    contacted = (draw.random(40_000) < np.where(day > 0, 0.9, 0.5)).astype(float)
    ordered = (draw.random(40_000) < np.where(day > 0, 0.6, 0.1)).astype(float)
    people = People({}, contacted, ordered, shares(contacted, day), day, np.zeros(40_000, dtype=bool))
    found = effect(people)
    assert found.low < 0.0 < found.high and found.high - found.low < 0.03, found
    naive = ordered[contacted > 0].mean() - ordered[contacted == 0].mean()
    assert naive > 0.1


def test_the_interval_holds_what_many_people_give() -> None:
    everybody, truth = drawn(60_000, seed=70)
    expected = qini(truth, everybody)
    held = 0
    for seed in range(20):
        people, of_people = drawn(1_500, seed=seed)
        found = qini_interval(of_people, people)
        held += found.low <= expected <= found.high
    assert held >= 17, held
