"""The reference's models: BG/NBD, Gamma-Gamma and k-means, fitted small and scored in SQL.

Formulas: Fader, Hardie & Lee 2005 (BG/NBD), Fader & Hardie 2013 (Gamma-Gamma).
"""

from __future__ import annotations

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, gammaln, hyp2f1, psi
from sklearn.cluster import KMeans

Vector = NDArray[np.float64]

HORIZON_DAYS = 365
VALUE_SAMPLE = 50_000
CLUSTER_SAMPLE = 20_000
CLUSTERS = 5


def score_clv(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``clv``: customer_id, p_alive, expected_orders, expected_order_value, clv."""
    histories = con.execute("""
        SELECT order_days - 1 AS x, tenure_days - recency_days AS t_x, tenure_days AS T, count(*) AS w
        FROM features WHERE frequency > 0 GROUP BY ALL""").fetchnumpy()
    x, t_x, T, w = (np.asarray(histories[name], float) for name in ("x", "t_x", "T", "w"))
    r, alpha, a, b = _fit_bgnbd(x, t_x, T, w)
    pairs = np.unique(np.column_stack([x, T]), axis=0)
    while_alive = {"x": pairs[:, 0], "T": pairs[:, 1], "orders": _while_alive(pairs[:, 0], pairs[:, 1], r, alpha, a, b)}
    con.register("while_alive", while_alive)
    sample = con.execute(f"""
        SELECT order_days AS n, monetary::DOUBLE / order_days AS value FROM features
        WHERE frequency > 0 AND monetary > 0 ORDER BY hash(customer_id) LIMIT {VALUE_SAMPLE}""").fetchnumpy()
    p, q, v = _fit_gamma_gamma(np.asarray(sample["n"], float), np.asarray(sample["value"], float))
    prior = (q - 1) / p
    mean = float(p * v / (q - 1))
    con.execute(f"""
        CREATE TABLE clv AS
        SELECT customer_id, p_alive, p_alive * orders AS expected_orders, value::DECIMAL(18,2) AS expected_order_value,
               (p_alive * orders * value)::DECIMAL(18,2) AS clv
        FROM (
            SELECT customer_id, orders,
                   (greatest(monetary, 0)::DOUBLE + {prior!r} * {mean!r}) / (order_days + {prior!r}) AS value,
                   CASE WHEN order_days = 1 THEN 1.0 ELSE
                       1 / (1 + {a!r} / ({b!r} + order_days - 2) * pow(
                           ({alpha!r} + tenure_days) / ({alpha!r} + tenure_days - recency_days), {r!r} + order_days - 1))
                   END AS p_alive
            FROM features JOIN while_alive ON while_alive.x = order_days - 1 AND while_alive.T = tenure_days)""")
    con.unregister("while_alive")


def _fit_bgnbd(x: Vector, t_x: Vector, T: Vector, w: Vector) -> tuple[float, float, float, float]:
    total, repeated = w.sum(), x > 0
    unit = T.max()

    def loss(logs: Vector) -> tuple[float, Vector]:
        r, alpha, a, b = np.exp(logs)
        log_T, log_t = np.log(alpha + T), np.log(alpha + t_x)
        odds = np.where(repeated, np.log(a) - np.log(b + np.maximum(x, 1) - 1) + (r + x) * (log_T - log_t), -np.inf)
        gone = expit(odds)
        value = np.sum(
            w
            * (
                gammaln(r + x)
                - gammaln(r)
                + r * np.log(alpha)
                + gammaln(a + b)
                + gammaln(b + x)
                - gammaln(b)
                - gammaln(a + b + x)
                - (r + x) * log_T
                + np.logaddexp(0, odds)
            )
        )
        ends = psi(a + b) - psi(a + b + x)
        slope = np.array(
            [
                np.sum(w * (psi(r + x) - psi(r) + np.log(alpha) - log_T + gone * (log_T - log_t))),
                np.sum(w * (r / alpha - (r + x) * ((1 - gone) / (alpha + T) + gone / (alpha + t_x)))),
                np.sum(w * (ends + gone / a)),
                np.sum(w * (ends + psi(b + x) - psi(b) - gone / (b + np.maximum(x, 1) - 1))),
            ]
        )
        return -value / total, -slope * np.exp(logs) / total

    found = minimize(loss, np.log([0.5, 0.2 * unit, 1, 2]), jac=True, method="L-BFGS-B", bounds=[(-12, 12)] * 4)
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    return r, alpha, a, b


def _while_alive(x: Vector, T: Vector, r: float, alpha: float, a: float, b: float) -> Vector:
    """Equation (10) without its denominator, after Euler's transformation, which keeps frequent buyers finite."""
    z = HORIZON_DAYS / (alpha + T + HORIZON_DAYS)
    rest = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
    return (a + b + x - 1) / (a - 1) * (1 - rest)


def _fit_gamma_gamma(n: Vector, value: Vector) -> tuple[float, float, float]:
    unit = value.mean()
    mean = value / unit

    def loss(logs: Vector) -> tuple[float, Vector]:
        p, q, v = np.exp(logs)
        everything = np.log(v + n * mean)
        own, prior = np.log(n * mean) - everything, np.log(v) - everything
        both = psi(p * n + q)
        total = np.sum(gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * prior + p * n * own - np.log(mean))
        slope = np.array(
            [
                np.sum(n * (both - psi(p * n) + own)),
                np.sum(both - psi(q) + prior),
                np.sum(q / v - (p * n + q) / (v + n * mean)),
            ]
        )
        return -total / n.size, -slope * np.exp(logs) / n.size

    found = minimize(loss, np.log([2, 3, 1]), jac=True, method="L-BFGS-B", bounds=[(-12, 12)] * 3)
    p, q, v = (float(number) for number in np.exp(found.x))
    return p, q, v * unit


_COORDINATES = (
    "ln(1 + recency_days)",
    "ln(1 + frequency)",
    "ln(1 + greatest(monetary, 0)::DOUBLE)",
    "ln(1 + average_order_value::DOUBLE)",
    "ln(1 + tenure_days)",
    "ln(1 + coalesce(gap_mean_days, 0))",
    "coalesce(discount_share, 0)",
    "coalesce(return_rate, 0)",
)


def score_clusters(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``clusters``: customer_id, cluster_id, cluster_distance; assignment is arithmetic in SQL."""
    named = ", ".join(f"{expression} AS z{place}" for place, expression in enumerate(_COORDINATES))
    sample = con.execute(
        f"SELECT {named} FROM features WHERE frequency > 0 ORDER BY hash(customer_id) LIMIT {CLUSTER_SAMPLE}"
    ).fetchnumpy()
    points = np.column_stack([np.asarray(sample[f"z{place}"], float) for place in range(len(_COORDINATES))])
    mean, std = points.mean(axis=0), points.std(axis=0)
    centres = KMeans(CLUSTERS, n_init=5, random_state=7).fit((points - mean) / std).cluster_centers_
    scaled = ", ".join(
        f"({expression} - {float(middle)!r}) / {float(spread)!r} AS z{place}"
        for place, (expression, middle, spread) in enumerate(zip(_COORDINATES, mean, std, strict=True))
    )
    distances = ", ".join(
        " + ".join(f"pow(z{place} - ({float(value)!r}), 2)" for place, value in enumerate(centre)) + f" AS d{number}"
        for number, centre in enumerate(centres, 1)
    )
    numbers = range(1, CLUSTERS + 1)
    nearest = f"least({', '.join(f'd{number}' for number in numbers)})"
    con.execute(f"""
        CREATE TABLE clusters AS
        SELECT customer_id, CASE {nearest} {" ".join(f"WHEN d{number} THEN {number}" for number in numbers)} END AS cluster_id,
               sqrt({nearest}) AS cluster_distance
        FROM (SELECT customer_id, {distances} FROM (SELECT customer_id, {scaled} FROM features WHERE frequency > 0))""")
