"""The same work as an analyst does it in a notebook: pandas, lifetimes and scikit-learn, top to bottom.

Plain, but not stupid: whole columns at a time, BG/NBD and Gamma-Gamma fitted on a sample and applied to
all, k-means likewise.  Rules and rankings are those of ``reference_sql.py``.  Everything is in memory.

    python -m benchmarks.notebook PROJECT RESULT.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

from benchmarks import notebook_audiences as audiences
from benchmarks import notebook_models as models
from benchmarks.notebook_files import AS_OF, END, key, read
from benchmarks.reference_sql import CAMPAIGNS
from benchmarks.step_clock import StepClock

CHANNELS = {"Online Shop": "web", "Filiale": "store", "App": "app"}


def main(root: Path, result: Path) -> None:
    """Read ``root/data/raw``, write ``root/notebook/``, and tell a few aggregates in ``result``."""
    clock = StepClock()

    raw, folder = root / "data" / "raw", root / "notebook"
    folder.mkdir(exist_ok=True)
    with clock.step("read and clean"):
        customers, orders, returns = clean(raw)
    with clock.step("features"):
        table = features(customers, orders, returns)
    with clock.step("rfm"):
        models.add_rfm(table)
    with clock.step("clv"):
        models.add_clv(table)
    with clock.step("clusters"):
        models.add_clusters(table)
    with clock.step("segments"):
        audiences.add_segments(table)
    with clock.step("audiences"):
        sizes = audiences.write_audiences(raw, table, customers, folder)
    buyers = table[table["frequency"] > 0]
    told = {
        "customers": len(table),
        "orders": int(table["frequency"].sum()),
        "net_revenue": f"{table['monetary_cents'].sum() / 100:.2f}",
        "rfm": buyers["rfm_segment"].value_counts().to_dict(),
        "audiences": {name: sizes[name] for name in CAMPAIGNS},
    }
    result.write_text(json.dumps({"steps": clock.seconds, "aggregates": told}, indent=1), encoding="utf-8")


def clean(raw: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Customers, orders and returns: one row per key, the latest version of each."""
    customers = read(raw, "customers")
    customers["customer_id"] = key(customers["cust_no"])
    known = (customers["customer_id"].fillna("") != "") & ~(customers["registered"] >= END) & ~(customers["changed_at"] >= END)
    customers = customers[known].sort_values("changed_at", kind="stable", na_position="first")
    customers = customers.drop_duplicates("customer_id", keep="last")

    columns = ["order_no", "cust_no", "order_date", "total", "discount", "channel", "status", "last_changed"]
    orders = read(raw, "orders", columns)
    orders["order_id"], orders["customer_id"] = key(orders["order_no"]), key(orders["cust_no"])
    for column, name in (("total", "cents"), ("discount", "discount_cents")):
        orders[name] = (orders[column].astype(float) * 100).round()
    good = (orders["order_id"].fillna("") != "") & orders["cents"].between(0, 100_000_000) & (orders["order_date"] < END)
    good &= (orders["order_date"] >= "1990-01-01") & ~(orders["last_changed"] >= END)
    good &= orders["customer_id"].isin(customers["customer_id"])
    orders = orders.loc[good].drop(columns=["order_no", "cust_no", "total", "discount"])
    orders = orders.sort_values("last_changed", kind="stable", na_position="first").drop_duplicates("order_id", keep="last")
    orders["day"] = orders["order_date"].dt.normalize()
    orders["channel"] = orders["channel"].replace(CHANNELS)

    returns = read(raw, "returns")
    returns["return_id"], returns["order_id"] = key(returns["return_no"]), key(returns["order_no"])
    returns["cents"] = (returns["refund"].astype(float) * 100).round()
    good = (returns["return_id"].fillna("") != "") & returns["cents"].between(0, 100_000_000) & (returns["return_date"] < END)
    good &= returns["order_id"].isin(orders["order_id"])
    returns = returns[good].drop_duplicates("return_id", keep="last")
    orders = orders[orders["status"] != "cancelled"]
    returns = returns.merge(orders[["order_id", "customer_id"]], on="order_id")
    return customers, orders, returns


def features(customers: pd.DataFrame, orders: pd.DataFrame, returns: pd.DataFrame) -> pd.DataFrame:
    """One row per customer, indexed by ``customer_id``."""
    by_customer = orders.groupby("customer_id", sort=False)
    sums = by_customer.agg(
        frequency=("order_id", "size"),
        gross=("cents", "sum"),
        discount=("discount_cents", "sum"),
        first_day=("day", "min"),
        last_day=("day", "max"),
    )
    for channel in CHANNELS.values():
        sums[channel] = orders[orders["channel"] == channel].groupby("customer_id").size()
    for days in (30, 90, 365):
        recent = orders[orders["day"] > AS_OF - pd.Timedelta(days=days)].groupby("customer_id")["cents"].agg(["size", "sum"])
        sums[[f"frequency_{days}d", f"gross_{days}d"]] = recent
    days = orders[["customer_id", "day"]].drop_duplicates().sort_values(["customer_id", "day"])
    gap = days.groupby("customer_id", sort=False)["day"].diff().dt.days
    gaps = gap.groupby(days["customer_id"], sort=False).agg(["mean", "std", "last"])
    sums["order_days"] = days.groupby("customer_id", sort=False).size()
    sums[["gap_mean_days", "gap_std_days", "last_gap_days"]] = gaps
    sums[["return_count", "returned"]] = returns.groupby("customer_id")["cents"].agg(["size", "sum"])

    table = customers.set_index("customer_id")[["country", "birthday"]].join(sums)
    counts = ["frequency", "gross", "discount", "order_days", "return_count", "returned", "web", "store", "app"]
    counts += [f"{what}_{days}d" for what in ("frequency", "gross") for days in (30, 90, 365)]
    table[counts] = table[counts].fillna(0)
    table["monetary_cents"] = table["gross"] - table["returned"]
    table["monetary"] = table["monetary_cents"] / 100
    table["average_order_value"] = (table["gross"] / table["frequency"] / 100).round(2)
    table["discount_share"] = table["discount"] / (table["gross"] + table["discount"])
    table["return_rate"] = (table["returned"] / table["gross"]).clip(upper=1)
    table["recency_days"] = (AS_OF - table["last_day"]).dt.days
    table["tenure_days"] = (AS_OF - table["first_day"]).dt.days
    table["birth_month"] = pd.to_datetime(table["birthday"]).dt.month
    for channel in CHANNELS.values():
        table[f"share_{channel}"] = table[channel] / table["frequency"]
    return table


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
