"""The notebook's models; each function adds columns to the table of customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

HORIZON_DAYS = 365
FIT_SAMPLE = 50_000
"""Fitting takes minutes on a million customers and gains nothing over so many."""
CLUSTER_SAMPLE = 20_000
CLUSTERS = 5


def add_rfm(table: pd.DataFrame) -> None:
    """Scores 1 to 5 by quintiles, and the eleven customary segments."""
    buyers = table[table["frequency"] > 0]

    def score(column: str) -> pd.Series:
        cuts = buyers[column].quantile([0.2, 0.4, 0.6, 0.8]).round(6).to_numpy()  # a cut on a value is that value
        return pd.Series(1 + np.searchsorted(cuts, buyers[column].to_numpy(), side="left"), index=buyers.index)

    r, f, m = 6 - score("recency_days"), score("frequency"), score("monetary")
    choices = {
        "champions": (r >= 4) & (f >= 4) & (m >= 4),
        "loyal": (r >= 3) & (f >= 4),
        "cannot_lose_them": (r <= 2) & (f >= 4) & (m >= 4),
        "at_risk": (r <= 2) & (f >= 3),
        "new_customers": (r == 5) & (f == 1),
        "promising": (r == 4) & (f == 1),
        "potential_loyalists": r >= 4,
        "need_attention": (r == 3) & (f >= 2) & (m >= 3),
        "about_to_sleep": r == 3,
        "hibernating": r == 2,
    }
    segments = np.select(list(choices.values()), list(choices), "lost")
    table["rfm_segment"] = pd.Series(segments, index=buyers.index)


def add_clv(table: pd.DataFrame) -> None:
    """BG/NBD and Gamma-Gamma by lifetimes: expected orders and value of the next year."""
    buyers = table[table["frequency"] > 0]
    history = pd.DataFrame(
        {
            "frequency": buyers["order_days"] - 1,
            "recency": buyers["tenure_days"] - buyers["recency_days"],
            "T": buyers["tenure_days"],
        }
    )
    sample = history.sample(min(FIT_SAMPLE, len(history)), random_state=7)
    bgf = BetaGeoFitter(penalizer_coef=0.0).fit(sample["frequency"], sample["recency"], sample["T"])
    value = buyers["monetary"] / buyers["order_days"]
    spenders = value[value > 0].index
    sample = spenders.to_series().sample(min(FIT_SAMPLE, len(spenders)), random_state=7).index
    ggf = GammaGammaFitter(penalizer_coef=0.0).fit(buyers.loc[sample, "order_days"], value.loc[sample])
    table["p_alive"] = pd.Series(
        bgf.conditional_probability_alive(history["frequency"], history["recency"], history["T"]), index=history.index
    )
    table["expected_orders"] = bgf.conditional_expected_number_of_purchases_up_to_time(
        HORIZON_DAYS, history["frequency"], history["recency"], history["T"]
    )
    table["expected_order_value"] = ggf.conditional_expected_average_profit(buyers["order_days"], value.clip(lower=0)).round(2)
    table["clv"] = (table["expected_orders"] * table["expected_order_value"]).round(2)


def add_clusters(table: pd.DataFrame) -> None:
    """k-means on the customary features, fitted on a sample, predicted for all."""
    buyers = table[table["frequency"] > 0]
    logs = ["recency_days", "frequency", "monetary", "average_order_value", "tenure_days", "gap_mean_days"]
    points = np.log1p(buyers[logs].fillna(0).clip(lower=0)).join(buyers[["discount_share", "return_rate"]].fillna(0))
    sample = points.sample(min(CLUSTER_SAMPLE, len(points)), random_state=7)
    scaler = StandardScaler().fit(sample)
    model = KMeans(CLUSTERS, n_init=5, random_state=7).fit(scaler.transform(sample))
    table["cluster_id"] = pd.Series(1 + model.predict(scaler.transform(points)), index=points.index)
