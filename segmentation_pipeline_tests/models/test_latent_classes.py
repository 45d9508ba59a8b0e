"""Latent classes equal published ones, are found where they are, and depend on nothing but the answers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation_pipeline.models.latent_classes import best_number, fit_latent_classes, indicators, posterior

# Stouffer and Toby (1951): 216 students, four dichotomous items A to D; the patterns 1111, 1112, 1121, ... 2222.
STOUFFER_TOBY = (42, 23, 6, 25, 6, 24, 7, 38, 1, 4, 1, 6, 2, 9, 2, 20)


@pytest.fixture(scope="module")
def students() -> np.ndarray:
    patterns = list(product((1.0, 2.0), repeat=4))
    rows = np.array([pattern for pattern, count in zip(patterns, STOUFFER_TOBY, strict=True) for _ in range(count)])
    return indicators(list(rows.T), [(1.0, 2.0)] * 4)


def test_two_classes_of_stouffer_and_toby_equal_goodman(students: np.ndarray) -> None:
    """Goodman (1974); log-likelihoods as in R's package poLCA, which replicates Goodman (2002)."""
    models = fit_latent_classes(students, [2] * 4, 3, prior=0.0)
    assert models[1].log_likelihood == pytest.approx(-543.6498, abs=1e-4)
    assert models[2].log_likelihood == pytest.approx(-504.4677, abs=1e-4)
    assert models[2].shares == pytest.approx((0.721, 0.279), abs=1e-3)
    assert models[2].answers[:, ::2] == pytest.approx(
        np.array([(0.714, 0.330, 0.354, 0.132), (0.993, 0.940, 0.927, 0.769)]), abs=1e-3
    )
    assert best_number(models) == 2


def drawn(respondents: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Three classes with their own answers to nine items of five points, one answer in twenty left out."""
    chance = np.random.default_rng(1)
    truth = chance.choice(3, respondents, p=[0.5, 0.3, 0.2])
    high = np.array([0.02, 0.05, 0.13, 0.30, 0.50])
    columns = []
    for item in range(9):
        points = np.where(truth == item // 3, chance.choice(5, respondents, p=high), chance.choice(5, respondents, p=high[::-1]))
        columns.append(np.where(chance.random(respondents) < 0.05, np.nan, points + 1.0))
    return columns, truth


def test_simulated_classes_and_their_number_are_found_in_spite_of_missing_answers() -> None:
    columns, truth = drawn(900)
    chosen = indicators(columns, [(1.0, 2.0, 3.0, 4.0, 5.0)] * 9)
    models = fit_latent_classes(chosen, [5] * 9, 4)
    assert best_number(models) == 3
    weights = posterior(models[3], chosen)
    assert adjusted_rand_score(truth, weights.argmax(axis=1)) > 0.9
    assert np.sort(models[3].shares) == pytest.approx((0.2, 0.3, 0.5), abs=0.03)
    assert np.allclose(weights.sum(axis=1), 1.0)


def test_answers_that_tell_nothing_of_each_other_are_one_class() -> None:
    chance = np.random.default_rng(2)
    columns = [chance.integers(1, 6, 600).astype(float) for _ in range(6)]
    models = fit_latent_classes(indicators(columns, [(1.0, 2.0, 3.0, 4.0, 5.0)] * 6), [5] * 6, 3)
    assert best_number(models) == 1


def test_no_answer_is_impossible_and_a_respondent_more_moves_little() -> None:
    columns, _ = drawn(600)
    chosen = indicators(columns, [(1.0, 2.0, 3.0, 4.0, 5.0)] * 9)
    model, other = (fit_latent_classes(rows, [5] * 9, 3)[3] for rows in (chosen, chosen[:-1]))
    assert model.answers.min() > 0.0
    assert np.abs(np.sort(model.shares) - np.sort(other.shares)).max() < 0.01


def test_fewer_different_respondents_than_classes_give_fewer_classes() -> None:
    chosen = indicators([np.array([1.0, 1.0, 2.0, 2.0])], [(1.0, 2.0)])
    assert sorted(fit_latent_classes(chosen, [2], 4)) == [1, 2]
