"""Our fits of purchases and order values beside those of ``lifetimes``: how long they take, and how likely the data is.

    python -m benchmarks.value_models

On the CDNOW sample that comes with ``lifetimes``, as it is and ten times over, which tells what fitting counts of equal histories
saves.  Both sides' parameters are put into one likelihood, ours, so that the higher figure is the better fit.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import typer
from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter
from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.report import Grid, shown
from segmentation_pipeline.models import bgnbd, gamma_gamma, pareto_nbd
from segmentation_pipeline.models.purchase_history import History

HEADINGS = ("customers", "model", "ours CPU s", "lifetimes CPU s", "times ours", "log-likelihood ours", "lifetimes")
Columns = Mapping[str, NDArray[np.float64]]
Fit = tuple[list[float], float]
"""Parameters, and CPU seconds from histories to them: the least of a few trials, as the first also loads programs."""
_TRIALS = 3


def compare(times: int) -> Grid:
    """CDNOW, each customer ``times`` over."""
    rows = load_cdnow_summary_data_with_monetary_value()
    columns = {name: np.repeat(rows[name].to_numpy(dtype=float), times) for name in rows.columns}
    table = []
    for name, ours, theirs, likelihood in _models(columns):
        (own, own_seconds), (other, other_seconds) = ours, theirs
        ratio = other_seconds / own_seconds
        reached = [f"{likelihood(np.array(found)):,.1f}" for found in (own, other)]
        customers = f"{columns['T'].size:,}"
        table.append([customers, name, f"{own_seconds:.3f}", f"{other_seconds:.3f}", f"{ratio:.1f}", *reached])
    return Grid("fits beside lifetimes", HEADINGS, table)


def _models(columns: Columns) -> list[tuple[str, Fit, Fit, Callable[[NDArray[np.float64]], float]]]:
    x, t_x, T, value = (columns[name] for name in ("frequency", "recency", "T", "monetary_value"))
    counted, history, repeat = _counted(x, t_x, T), _history(x, t_x, T), x > 0
    return [
        (
            "BG/NBD",
            _timed(lambda: bgnbd.fit_bgnbd(*counted), ("r", "alpha", "a", "b")),
            _timed(lambda: BetaGeoFitter().fit(x, t_x, T), ("r", "alpha", "a", "b")),
            lambda point: bgnbd.log_likelihood(point, history)[0],
        ),
        (
            "Pareto/NBD",
            _timed(lambda: pareto_nbd.fit_pareto_nbd(history), ("r", "alpha", "s", "beta")),
            _timed(lambda: ParetoNBDFitter().fit(x, t_x, T), ("r", "alpha", "s", "beta")),
            lambda point: pareto_nbd.log_likelihood(point, history)[0],
        ),
        (
            "Gamma-Gamma",
            _timed(lambda: gamma_gamma.fit_gamma_gamma(x[repeat], value[repeat]), ("p", "q", "v")),
            _timed(lambda: GammaGammaFitter().fit(x[repeat], value[repeat]), ("p", "q", "v")),
            lambda point: gamma_gamma.log_likelihood(point, gamma_gamma.OrderValues.of(x[repeat], value[repeat]))[0],
        ),
    ]


def _counted(*columns: NDArray[np.float64]) -> list[NDArray[Any]]:
    """Distinct histories and how many customers share each: in the pipeline the engine counts them."""
    distinct, customers = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    return [*distinct.T, customers]


def _history(*columns: NDArray[np.float64]) -> History:
    return History.of(*_counted(*columns))


def _timed(fit: Callable[[], Any], names: tuple[str, ...]) -> Fit:
    spent = []
    for _ in range(_TRIALS):
        start = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lifetimes steps outside the range of its logarithms on its way
            fitted = fit()
        spent.append(time.process_time() - start)
    found = fitted.params_ if hasattr(fitted, "params_") else {name: getattr(fitted, name) for name in names}
    return [float(found[name]) for name in names], min(spent)


def main() -> None:
    for times in (1, 10):
        Console(width=150, highlight=False).print(shown(compare(times)))


if __name__ == "__main__":
    typer.run(main)
