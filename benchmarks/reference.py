"""The same nightly work by hand: plain DuckDB SQL, scipy and scikit-learn in one process.

It is the yardstick of ``full``: no configuration, no lineage, no history of segments, no
quarantine, no data docs, no publication; one number of clusters instead of a choice of six.
SQL is in ``reference_sql.py``, the models in ``reference_models.py``.

    python -m benchmarks.reference PROJECT RESULT.json MEMORY_LIMIT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from benchmarks import reference_models as models
from benchmarks import reference_sql as sql
from benchmarks.step_clock import StepClock


def main(root: Path, result: Path, memory_limit: str) -> None:
    """Read ``root/data/raw``, write ``root/reference/``, and tell a few aggregates in ``result``."""
    out = root / "reference"
    (out / "audiences").mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(out / "reference.duckdb"))
    con.execute(f"SET memory_limit = '{memory_limit}'; SET temp_directory = '{out / 'tmp'}'")
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET disabled_compression_methods = 'fsst'")  # as the pipeline's engine does
    clock = StepClock()

    with clock.step("ingest"):
        con.execute(sql.ingest(root / "data" / "raw"))
    with clock.step("clean"):
        con.execute(sql.CLEAN)
    with clock.step("quality"):
        con.execute(sql.QUALITY)
    with clock.step("features"):
        con.execute(sql.FEATURES)
    with clock.step("rfm"):
        con.execute(sql.RFM)
    with clock.step("clv"):
        models.score_clv(con)
    with clock.step("clusters"):
        models.score_clusters(con)
    with clock.step("segments"):
        con.execute(sql.SEGMENTS)
    with clock.step("audiences"):
        con.execute(sql.REACHABLE)
        for name, campaign in sql.CAMPAIGNS.items():
            con.execute(sql.audience(name, campaign))
    with clock.step("export"):
        for name, campaign in sql.CAMPAIGNS.items():
            con.execute(sql.export(name, campaign, out / "audiences" / f"{name}.csv"))
        con.execute("CHECKPOINT")
    result.write_text(json.dumps({"steps": clock.seconds, "aggregates": _aggregates(con)}, indent=1), encoding="utf-8")
    con.close()


def _aggregates(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    customers, orders, revenue = con.execute("SELECT count(*), sum(frequency), sum(monetary) FROM profile").fetchall()[0]
    rfm = con.execute("SELECT rfm_segment, count(*) FROM profile WHERE frequency > 0 GROUP BY 1 ORDER BY 1").fetchall()
    sizes = {name: con.execute(f"SELECT count(*) FROM audience_{name}").fetchall()[0][0] for name in sql.CAMPAIGNS}
    return {
        "customers": customers,
        "orders": int(orders),
        "net_revenue": str(revenue),
        "rfm": dict(rfm),
        "audiences": sizes,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
