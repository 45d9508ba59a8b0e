"""The programme of the budget: prices that mean what they say, and whole persons chosen as well as can be."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.campaigns.budget import Offers, Scarce, best_choice, prices
from segmentation_pipeline_tests.examples import examples


def scarce(spend: list[float], limits: list[float], budgets: list[float], total: float) -> Scarce:
    return Scarce(np.array(spend), np.array(limits), np.array(budgets), total)


def offers(gains: list[list[float | None]]) -> Offers:
    """A row per person, a column per campaign."""
    pairs = [(who, which, gain) for who, row in enumerate(gains) for which, gain in enumerate(row) if gain is not None]
    who, which, gain = (np.array(column) for column in zip(*pairs, strict=True)) if pairs else (np.array([]),) * 3
    return Offers(who.astype(int), which.astype(int), gain.astype(float), np.ones(len(gains)))


def test_one_more_of_money_earns_its_price():
    people = offers([[6.0], [5.0], [4.0], [3.0]])
    found, most = prices(people, scarce([2.0], [np.inf], [np.inf], 5.0))
    assert (found.money, most) == (pytest.approx(2.0), pytest.approx(6 + 5 + 4 / 2))
    _, more = prices(people, scarce([2.0], [np.inf], [np.inf], 5.5))
    assert more - most == pytest.approx(0.5 * found.money)


def test_what_is_not_scarce_has_no_price():
    found, most = prices(offers([[6.0, 7.0], [5.0, None]]), scarce([1.0, 1.0], [np.inf] * 2, [np.inf] * 2, np.inf))
    assert (found.money, most) == (0.0, 12.0)
    assert not found.of_contact(np.array([1.0, 1.0])).any()


def test_a_limit_has_the_price_of_the_last_contact():
    found, _ = prices(offers([[6.0], [5.0], [4.0]]), scarce([0.0], [2.0], [np.inf], np.inf))
    assert 4.0 - 1e-9 <= found.contacts[0] <= 5.0 + 1e-9


gain = st.sampled_from([None, 1.0, 2.0, 3.5, 5.0])
amounts = st.sampled_from([1.0, 2.0, 4.0, np.inf])


@pytest.mark.slow
@examples(40, 400)
@given(
    st.lists(st.lists(gain, min_size=2, max_size=2), min_size=1, max_size=5),
    st.lists(st.sampled_from([0.5, 1.0, 1.5]), min_size=2, max_size=2),
    st.lists(amounts, min_size=2, max_size=2),
    st.lists(amounts, min_size=2, max_size=2),
    amounts,
)
def test_no_choice_of_whole_persons_earns_more(gains, spend, limits, budgets, total):
    case, left = offers(gains), scarce(spend, limits, budgets, total)
    best = 0.0
    for choice in itertools.product((None, 0, 1), repeat=len(gains)):
        if any(which is not None and gains[who][which] is None for who, which in enumerate(choice)):
            continue
        numbers = [choice.count(which) for which in (0, 1)]
        money = [number * cost for number, cost in zip(numbers, spend, strict=True)]
        fits = all(n <= limit for n, limit in zip(numbers, limits, strict=True)) and sum(money) <= total
        if fits and all(cost <= budget for cost, budget in zip(money, budgets, strict=True)):
            best = max(best, sum(gains[who][which] for who, which in enumerate(choice) if which is not None))
    assert case.gain[best_choice(case, left)].sum() == pytest.approx(best)
    assert prices(case, left)[1] >= best - 1e-6
