"""Whom to contact under money and limits to earn the most: a linear programme, and the prices it puts on what is scarce.

Every person gets one campaign or none.  The dual price of a constraint is what one more unit of it would earn, and makes the
rule for everybody: the campaign with the largest gain less prices, where that is above 0 (Dantzig 1963, chapter 12).  Solved
by HiGHS (Huangfu and Hall 2018), through scipy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
EXACT_PAIRS = 400
"""Up to so many open pairs of person and campaign are solved in whole persons; more by prices, which err by a few persons."""


@dataclass(frozen=True, slots=True)
class Offers:
    """Which campaigns are open to whom.  An entry of ``cell``, ``campaign`` and ``gain`` is a pair of a cell of like people
    (from 0) and a campaign (from 0) open to them, with what one contact earns; ``people`` is the size of each cell."""

    cell: npt.NDArray[np.int64]
    campaign: npt.NDArray[np.int64]
    gain: Floats
    people: Floats


@dataclass(frozen=True, slots=True)
class Scarce:
    """What there is of a day: by campaign what a contact costs on average, the most contacts and the money (inf = no limit);
    ``total`` is the money for all."""

    spend: Floats
    limits: Floats
    budgets: Floats
    total: float

    @property
    def binds(self) -> bool:
        """Whether anything is limited."""
        return bool(np.isfinite([*self.limits, *self.budgets, self.total]).any())


@dataclass(frozen=True, slots=True)
class Prices:
    """What one more unit of each would earn: of money for all, of each campaign's money, of each campaign's contacts."""

    money: float
    budgets: Floats
    contacts: Floats

    def of_contact(self, spend: Floats) -> Floats:
        """By campaign: what is to be taken off the gain of a contact."""
        return (self.money + self.budgets) * spend + self.contacts


def free(campaigns: int) -> Prices:
    """Nothing is scarce."""
    return Prices(0.0, np.zeros(campaigns), np.zeros(campaigns))


def prices(offers: Offers, scarce: Scarce) -> tuple[Prices, float]:
    """The prices, and the most that whole cells and parts of them can earn: no choice of whole persons earns more."""
    from scipy.optimize import linprog

    campaigns = len(scarce.limits)
    if not len(offers.gain) or not scarce.binds:
        best = np.zeros(len(offers.people))
        np.maximum.at(best, offers.cell, offers.gain)
        return free(campaigns), float((best * offers.people).sum())
    matrix, bounds, names = _constraints(offers, scarce)
    found = linprog(-offers.gain, A_ub=matrix, b_ub=bounds, bounds=(0, None), method="highs")
    if not found.success:
        raise RuntimeError(f"the linear programme of the budget ended with: {found.message}")
    dual = dict(zip(names, -found.ineqlin.marginals[len(offers.people) :], strict=True))
    of_budgets = np.array([dual.get(("budget", number), 0.0) for number in range(campaigns)])
    of_limits = np.array([dual.get(("limit", number), 0.0) for number in range(campaigns)])
    return Prices(dual.get(("total", 0), 0.0), of_budgets, of_limits), float(-found.fun)


def best_choice(offers: Offers, scarce: Scarce) -> npt.NDArray[np.bool_]:
    """Which pairs to choose where every cell is one person: the choice of whole persons that earns the most."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    if not len(offers.gain):
        return np.zeros(0, dtype=bool)
    matrix, bounds, _ = _constraints(offers, scarce)
    found = milp(
        -offers.gain,
        integrality=np.ones(len(offers.gain)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, -np.inf, bounds),
        options={"mip_rel_gap": 0.0},
    )
    if not found.success:
        raise RuntimeError(f"the programme of the budget in whole persons ended with: {found.message}")
    return np.asarray(found.x > 0.5)


def _constraints(offers: Offers, scarce: Scarce) -> tuple[object, Floats, Sequence[tuple[str, int]]]:
    """Each person once, then whatever is limited; a variable is how many people of a cell get a campaign."""
    from scipy.sparse import coo_array, csr_array, vstack

    pairs = np.arange(len(offers.gain))
    once = coo_array((np.ones(len(pairs)), (offers.cell, pairs)), shape=(len(offers.people), len(pairs)))
    rows, bounds, names = [once], [*offers.people], []
    spend = scarce.spend[offers.campaign]
    limited = [("limit", number, limit, np.ones(len(pairs))) for number, limit in enumerate(scarce.limits)]
    limited += [("budget", number, money, spend) for number, money in enumerate(scarce.budgets)]
    for kind, number, most, weight in limited:
        mine = offers.campaign == number
        if np.isfinite(most) and mine.any():
            rows.append(csr_array((weight * mine).reshape(1, -1)))
            bounds.append(most)
            names.append((kind, number))
    if np.isfinite(scarce.total):
        rows.append(csr_array(spend.reshape(1, -1)))
        bounds.append(scarce.total)
        names.append(("total", 0))
    return vstack(rows).tocsr(), np.array(bounds, dtype=float), names
