"""Intervals of campaigns that draw otherwise than by person into two groups hold a planted effect as often as they say.

Several messages beside one holdout; and households, of whom one member is listed at a time, another one perhaps a month later.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from segmentation_pipeline_tests.measurement.groups import Numbers
from segmentation_pipeline_tests.measurement.test_error_rates import DAY, NAMES, Capture, results, tell, world

People = tuple[dict[str, Numbers], dict[str, Numbers]]
Truth = Mapping[str, float]
WAVES, SIZES = 3, (0.35, 0.35, 0.15, 0.15)
"""Months in which a household's best is listed; shares of households of one, two, three and four people."""
MORE, EFFECTS = 0.04, {"plain": 0.02, "voucher": 0.05}
"""How many more buy: of households that are contacted, and by message."""


def messages(rng: np.random.Generator) -> dict[str, dict[str, dict[str, object]]]:
    """The results of a campaign with two messages and one holdout of a fifth."""
    arms = {"plain": world(rng, 2_400, EFFECTS["plain"]), "voucher": world(rng, 2_400, EFFECTS["voucher"])}
    return results({**arms, "holdout": world(rng, 1_200, 0.0)}, DAY, {"plain": 0.4, "voucher": 0.4, "holdout": 0.2})


def households(rng: np.random.Generator, count: int, more: float) -> People:
    """What the listed of ``count`` households did: of those who live together each month the one who spent most in the month
    before, counted from the month of their own first list.  Who lives together buys alike: half of a habit is the household's."""
    sizes = rng.choice(len(SIZES), count, p=SIZES) + 1
    home = np.repeat(np.arange(count), sizes)
    habit = 0.5 * rng.beta(0.15, 1.35, count)[home] + 0.5 * rng.beta(0.15, 1.35, len(home))
    amount = np.exp(rng.normal(3.5, 0.7, len(home)))
    listed = np.zeros(len(home), dtype=bool)

    def month(chance: Numbers) -> Numbers:
        buys = rng.random(len(home)) < chance
        return np.where(buys, np.round(amount * rng.gamma(4, 0.25, len(home))), 0).astype(int)

    after, before = np.zeros(len(home), dtype=int), np.zeros(len(home), dtype=int)
    past = month(habit)
    for _ in range(WAVES):
        order = np.lexsort((rng.random(len(home)), -past, home))
        best = order[np.unique(home[order], return_index=True)[1]]
        new = best[~listed[best]]
        now = month(np.minimum(habit + np.where(np.isin(np.arange(len(home)), best), more, 0.0), 1.0))
        after[new], before[new] = now[new], past[new]
        listed[best] = True
        past = now
    return _metrics(after[listed]), _metrics(before[listed])


def _metrics(spent: Numbers) -> dict[str, Numbers]:
    return {"conversion": (spent > 0).astype(int), "revenue": spent, "revenue_winsorised": np.minimum(spent, 260)}


def by_household(rng: np.random.Generator) -> dict[str, dict[str, dict[str, object]]]:
    """The results of a campaign that draws households, a fifth of them into the holdout."""
    people = {"treatment": households(rng, 3_200, MORE), "holdout": households(rng, 800, 0.0)}
    return results(people, DAY, {"treatment": 0.8, "holdout": 0.2})


def coverage(made, truths: Mapping[str, Truth], replays: int, seed: int) -> dict[tuple[str, str], float]:  # type: ignore[no-untyped-def]
    """By arm and metric the share of replays whose deciding interval holds the truth."""
    rng = np.random.default_rng(seed)
    inside = {(arm, metric): 0 for arm in truths for metric in NAMES}
    for _ in range(replays):
        found = made(rng)
        for arm, metric in inside:
            row = found[arm][metric]
            inside[arm, metric] += float(str(row["lift_low"])) <= truths[arm][metric] <= float(str(row["lift_high"]))
    return {key: held / replays for key, held in inside.items()}


def truth_of_messages(people: int) -> dict[str, Truth]:
    rng = np.random.default_rng(9)
    base, _ = world(rng, people, 0.0)
    after = {arm: world(rng, people, more)[0] for arm, more in EFFECTS.items()}
    return {arm: {name: float(after[arm][name].mean() - base[name].mean()) for name in base} for arm in EFFECTS}


def truth_of_households(people: int) -> dict[str, Truth]:
    rng = np.random.default_rng(9)
    (with_it, _), (without, _) = households(rng, people // 3, MORE), households(rng, people // 3, 0.0)
    return {"treatment": {name: float(with_it[name].mean() - without[name].mean()) for name in with_it}}


DESIGNS = {"two messages": (messages, truth_of_messages), "households": (by_household, truth_of_households)}


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_a_planted_effect_is_mostly_in_its_interval(design: str) -> None:
    made, truth = DESIGNS[design]
    assert min(coverage(made, truth(400_000), 30, 3).values()) > 0.8


@pytest.mark.wide
@pytest.mark.parametrize("design", DESIGNS)
def test_a_planted_effect_is_in_its_interval_in_nineteen_of_twenty_campaigns(design: str, capsys: Capture) -> None:
    made, truth = DESIGNS[design]
    found = coverage(made, truth(2_000_000), 400, 4)
    for (arm, metric), held in found.items():
        tell(capsys, f"{design}, {arm}, {metric}", f"in {held:.1%} of 400 intervals")
        assert (0.91 if metric == "revenue" else 0.925) < held < 0.98
