"""What happens to a shop's files after a day: every source goes on, is corrected, and loses rows again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import yaml

from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.demo.generate import generate

CORRECTED = "corrected_at"
"""Column of every file whose source has versions and no other column for them."""
BY_RESTRICTION = "restrictions"
"""The source that takes people out whenever it is known; what it does is another test's."""


@dataclass(frozen=True)
class Later:
    """How the rows of a file go on: ``time`` is when a row happens (SQL over the row; None: rows have no time), ``changed`` what
    others say in its place, ``new_key`` what a new row is told apart by.  ``filled_in`` are values that come after the row, each
    with the SQL of what is true of a row that has or may get one after the day; ``{end}`` is the end of the day.
    """

    time: str | None
    changed: Mapping[str, str]
    new_key: Mapping[str, str] = field(default_factory=dict)
    filled_in: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    customer: str | None = "customer"


def _later_paid(column: str) -> dict[str, tuple[str, str]]:
    """Who had not been paid, settled or closed by the end of the day is now, or not yet, or another time."""
    at = f"CASE WHEN {column} IS NULL THEN {{end}} + INTERVAL 9 DAY WHEN hash({column}) % 2 = 0 THEN NULL ELSE {column} + INTERVAL 1 DAY END"
    return {column: (f"coalesce({column} >= {{end}}, true)", at)}


_DAY_LATER = "INTERVAL 1 DAY"
FILES: dict[str, Later] = {
    "customers": Later(
        "registered",
        {"city": "'Elsewhere'", "country": "'DK'", "birthday": "DATE '1950-01-01'", "income": "'over 100'", "sex": "'d'"},
        {"cust_no": "cust_no || '9'", "email": "NULL", "phone": "NULL"},
        customer="cust_no",
    ),
    "products": Later(None, {"category": "'garden'", "brand": "'Other'", "unit_cost": "unit_cost * 3"}, customer=None),
    "orders": Later(
        "order_date",
        {"total": "total * 3 + 7", "discount": "0", "channel": "'App'", "status": "'shipped'"},
        {"order_no": "order_no || '9'"},
        customer="cust_no",
    ),
    "order_items": Later(
        "(SELECT o.order_date FROM orders o WHERE o.order_no = received.order_no)",
        {"qty": "qty + 5", "line_total": "line_total * 2"},
        {"pos": "pos + 900"},
        customer=None,
    ),
    "returns": Later(
        "return_date", {"refund": "refund + 3", "reason": "'other'"}, {"return_no": "return_no || '9'"}, customer=None
    ),
    "consents": Later(
        '"at"', {"event": "CASE WHEN event = 'opt_in' THEN 'opt_out' ELSE 'opt_in' END"}, {"at": f'"at" + {_DAY_LATER}'}
    ),
    "suppressions": Later(
        "suppressed_at", {"reason": "'other'"}, {"suppressed_at": f"suppressed_at + {_DAY_LATER}"}, customer="customer_id"
    ),
    "campaign_contacts": Later(
        "contacted_at",
        {"arm": "'holdout'", "channel": "'sms'"},
        {"campaign": "campaign || '9'"},
        {
            "converted_at": _later_paid("converted_at")["converted_at"],
            "outcome_amount": ("coalesce(converted_at >= {end}, true)", "outcome_amount + 50"),
        },
        customer="customer_id",
    ),
    "marketing_costs": Later("spent", {"cost": "cost * 4"}, {"spent": f"spent + {_DAY_LATER}"}, customer=None),
    "stores": Later("opened", {"lat": "50.0", "lon": "9.0"}, {"store": "store || '9'"}, _later_paid("closed"), customer=None),
    "places": Later(None, {"people": "people + 100000", "lat": "lat + 1"}, customer=None),
    "store_visits": Later("entered", {"seconds": "seconds + 900", "orders": "orders + 1"}, {"visit": "visit || '9'"}),
    "web_sessions": Later(
        "started",
        {
            "seconds": "seconds + 900",
            "pages": "pages + 9",
            "cart_adds": "3",
            "orders": "0",
            "category": "'garden'",
            "device": "'tv'",
        },
        {"session": "session || '9'"},
        customer="cust_no",
    ),
    "email_events": Later('"at"', {"event": "'complaint'"}, {"at": f'"at" + {_DAY_LATER}'}),
    "social_events": Later('"at"', {"action": "'unfollow'", "sentiment": "-1.0"}, {"event_no": "event_no || '9'"}),
    "surveys": Later('"at"', {"value": "CASE WHEN value IS NOT NULL THEN 1 END"}, {"response": "response || '9'"}),
    "support": Later(
        "opened",
        {"topic": "'other'", "satisfaction": "1", "answered": "coalesce(answered, opened) + INTERVAL 1 HOUR"},
        {"ticket": "ticket || '9'"},
        {
            **_later_paid("closed"),
            "answered": ("coalesce(answered >= {end}, true)", "{end} + INTERVAL 5 DAY"),
            "satisfaction": ("coalesce(answered >= {end}, true)", "6 - coalesce(satisfaction, 5)"),
        },
    ),
    "loyalty": Later(
        '"at"',
        {"points": "points + 500", "tier": "CASE WHEN tier IS NOT NULL THEN 'gold' END", "lapses": f"lapses - {_DAY_LATER}"},
        {"event_no": "event_no || '9'"},
    ),
    "subscriptions": Later(
        "changed",
        {"status": "'cancelled'", "plan": "'other'", "seats": "seats + 9", "per_month": "per_month + 1", "renews": "NULL"},
        {"changed": f"changed + {_DAY_LATER}"},
    ),
    "usage": Later('"at"', {"quantity": "quantity + 40"}, {"at": f'"at" + {_DAY_LATER}'}),
    "firmographics": Later(None, {"industry": "'other'", "employees": "employees + 500", "revenue": "revenue * 2"}),
    "repayments": Later("due", {"amount": "amount * 2"}, {"instalment": "instalment || '9'"}, _later_paid("paid")),
    "identities": Later("seen", {"identifier": "'shared@example.org'"}, {"record": "record || '9'"}),
    "merge_decisions": Later("decided", {"verdict": "'never_merge'"}, {"one": "other", "other": "one"}, customer="one"),
    "exchange_rates": Later("day", {"rate": "rate * 2"}, {"currency": "'GBP'"}, customer=None),
}
"""By source; the columns are those of the generator's files."""


def write_shop(project: Path, config: Path, customers: int, day: date) -> None:
    """The example's configuration and flawless files of a small shop, in which some orders are paid in dollars, customers are
    joined and parted by hand, and every source that has versions can tell of them."""
    raw = project / "data" / "raw"
    generate(customers, 5, raw, file_format="parquet", sources=sorted(set(FILES) - {"exchange_rates"}), dirt=False)
    sources = yaml.safe_load((config / "sources.yaml").read_text())
    with duckdb.connect() as con:
        con.execute(f"""COPY (SELECT 'USD' AS currency, d::DATE AS day, (0.8 + (hash(d) % 20) / 100)::DOUBLE AS rate
            FROM range(DATE '2023-01-01', DATE '2026-07-01', INTERVAL 7 DAY) t(d)) TO '{raw}/exchange_rates.parquet'""")
        sources["sources"]["exchange_rates"] = {"files": "data/raw/exchange_rates.parquet"}
        con.execute(f"""COPY (SELECT a.cust_no AS one, b.cust_no AS other, CASE WHEN a.n % 2 = 0 THEN 'always_merge' ELSE 'never_merge' END AS
                verdict, TIMESTAMP '{day} 12:00:00' + INTERVAL (CASE WHEN a.n < 4 THEN -10 ELSE 10 END) DAY AS decided
            FROM (SELECT cust_no, row_number() OVER (ORDER BY registered, cust_no) AS n FROM '{raw}/customers.parquet') a
            JOIN (SELECT cust_no, row_number() OVER (ORDER BY registered, cust_no) AS n FROM '{raw}/customers.parquet') b ON b.n = a.n + 20
            WHERE a.n <= 8) TO '{raw}/merge_decisions.parquet'""")
        con.execute(f"""COPY (SELECT cust_no AS customer_id, 'complaint' AS reason, DATE '{day}' - 20 + n * INTERVAL 1 DAY AS suppressed_at
            FROM (SELECT cust_no, row_number() OVER (ORDER BY registered, cust_no) AS n FROM '{raw}/customers.parquet') WHERE n <= 40)
            TO '{raw}/suppressions.parquet'""")
        for name in FILES:
            said = sources["sources"][name]
            added = []
            if name == "orders":
                added.append("CASE WHEN hash(order_no) % 9 = 0 THEN 'USD' ELSE 'EUR' END AS currency")
                said["columns"]["currency"] = "currency"
            if SOURCES[name].version and "updated_at" not in said.get("columns", {}):
                added.append(f"NULL::TIMESTAMP AS {CORRECTED if 'columns' in said else 'updated_at'}")
                if "columns" in said:
                    said["columns"]["updated_at"] = CORRECTED
            for file in _files(raw, name) if added else []:
                con.execute(f"CREATE OR REPLACE TABLE file AS SELECT *, {', '.join(added)} FROM '{file}'")
                con.execute(f"COPY file TO '{file}' (FORMAT parquet)")
    (project / "config").mkdir(parents=True)
    for file in config.iterdir():
        (project / "config" / file.name).write_text(file.read_text())
    (project / "config" / "sources.yaml").write_text(yaml.safe_dump(sources))


def go_on(raw: Path, day: date) -> dict[str, tuple[int, int, int, int]]:
    """Change the files as after ``day``: by source the rows changed, added, deleted and corrected or filled in."""
    end = f"(DATE '{day}' + INTERVAL 1 DAY)"
    counts = {}
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE orders AS SELECT order_no, order_date FROM read_parquet('{raw}/orders_*.parquet')")
        con.execute(f"""CREATE TABLE gone AS SELECT cust_no FROM '{raw}/customers.parquet' c WHERE registered >= {end} AND hash(cust_no) % 3 = 0
            AND cust_no NOT IN (SELECT one FROM '{raw}/merge_decisions.parquet' UNION ALL SELECT other FROM '{raw}/merge_decisions.parquet')""")
        con.execute(f"""CREATE TABLE gone_orders AS SELECT order_no FROM read_parquet('{raw}/orders_*.parquet')
            WHERE order_date >= {end} AND (hash(order_no) % 5 = 0 OR cust_no IN (FROM gone))""")
        for name, later in FILES.items():
            counts[name] = tuple(map(sum, zip(*(_go_on(con, file, name, later, end) for file in _files(raw, name)), strict=True)))
    return counts


def _files(raw: Path, name: str) -> list[Path]:
    return sorted(raw.glob(f"{name}_20*.parquet" if name == "orders" else f"{name}.parquet"))


def _go_on(con: duckdb.DuckDBPyConnection, file: Path, name: str, later: Later, end: str) -> tuple[int, int, int, int]:
    con.execute(f"CREATE OR REPLACE TABLE received AS SELECT *, row_number() OVER () AS _n FROM '{file}'")
    columns = [column for (column,) in con.execute("SELECT column_name FROM (DESCRIBE received)").fetchall() if column != "_n"]
    con.execute(
        f"CREATE OR REPLACE TABLE dated AS SELECT *, coalesce(({later.time or 'NULL'}) >= {end}, false) AS _later FROM received"
    )

    def told(changed: Mapping[str, str]) -> str:
        return ", ".join(f'({changed[c]})::{kind} AS "{c}"' if c in changed else f'"{c}"' for c, kind in kinds.items())

    kinds = dict(con.execute("SELECT column_name, column_type FROM (DESCRIBE received)").fetchall())
    del kinds["_n"]
    version = next((c for c in ("changed_at", "last_changed", CORRECTED, "updated_at") if c in columns), None)
    gone = [f"{later.customer} IN (FROM gone)"] if later.customer else []
    if "order_no" in columns:
        gone.append("order_no IN (FROM gone_orders)")
    if later.time and name not in ("customers", "orders", "order_items"):
        gone.append("_later AND _n % 5 = 0")
    con.execute(f"CREATE OR REPLACE TABLE gone_rows AS SELECT _n FROM dated WHERE {' OR '.join(gone) or 'false'}")
    kept, filled = "_n NOT IN (FROM gone_rows)", " OR ".join(when.format(end=end) for when, _ in later.filled_in.values())
    own = {
        c: f"CASE WHEN {when.format(end=end)} THEN {said.format(end=end)} ELSE {c} END"
        for c, (when, said) in later.filled_in.items()
    }
    parts = {
        "as before": f"SELECT {told({})} FROM dated WHERE {kept} AND NOT _later AND NOT ({filled or 'false'})",
        "changed": f"SELECT {told(later.changed)} FROM dated WHERE {kept} AND _later AND _n % 5 IN (1, 2)",
        "later as before": f"SELECT {told({})} FROM dated WHERE {kept} AND _later AND _n % 5 NOT IN (1, 2)",
        "added": f"SELECT {told({**later.changed, **later.new_key})} FROM dated WHERE {kept} AND _later AND _n % 5 = 3",
        "filled in": f"SELECT {told(own)} FROM dated WHERE {kept} AND NOT _later AND ({filled or 'false'})",
    }
    if version:
        corrected = {**later.changed, version: f"{end} + INTERVAL 30 HOUR"}
        parts["corrected"] = (
            f"SELECT {told(corrected)} FROM dated WHERE {kept} AND NOT _later AND NOT ({filled or 'false'}) AND _n % 3 = 0"
        )
    count = {part: con.execute(f"SELECT count(*) FROM ({sql})").fetchall()[0][0] for part, sql in parts.items()}
    [(deleted,)] = con.execute("SELECT count(*) FROM gone_rows").fetchall()
    con.execute(f"COPY ({' UNION ALL '.join(parts.values())}) TO '{file}' (FORMAT parquet)")
    return count["changed"], count["added"], deleted, count["filled in"] + count.get("corrected", 0)
