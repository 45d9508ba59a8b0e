"""Customers that are companies, and customers who pay by instalments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from segmentation_pipeline.demo.traits import values

COMPANIES = 0.12
"""Share of customers that are companies."""
INSTALMENTS = 12


@dataclass(frozen=True, slots=True)
class PaymentTrait:
    """Days after the due day a payment comes, ``first`` to ``last``; ``pays`` only so many instalments."""

    name: str
    share: float
    plan: bool
    first: int
    last: int
    pays: int


PAYMENT_TRAITS = (
    PaymentTrait("outright", 0.86, False, 0, 0, 0),
    PaymentTrait("punctual", 0.08, True, -4, 0, INSTALMENTS),
    PaymentTrait("late", 0.04, True, 4, 25, INSTALMENTS),
    PaymentTrait("defaulting", 0.02, True, -2, 3, 2),
)


def create_accounts(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Tables ``shop_firmographics`` (one row per company) and ``shop_repayments`` (one row per instalment due)."""
    con.execute(f"""
        CREATE TABLE shop_firmographics AS
        SELECT event, customer_no(i) AS customer,
               pick(['trade', 'crafts', 'hospitality', 'health', 'software'], u(i, 0, 'industry')) AS industry,
               ceil(exp(7 * u(i, 0, 'employees')))::INTEGER AS employees,
               money(ceil(exp(7 * u(i, 0, 'employees'))) * (8000000 + floor(9000000 * u(i, 0, 'revenue')))) AS revenue
        FROM shop_customers WHERE u(i, 0, 'company') < {COMPANIES}""")
    rows = [(t.name, t.plan, t.first, t.last, t.pays) for t in PAYMENT_TRAITS]
    con.execute(f"""
        CREATE TABLE shop_repayments AS
        WITH trait(payment_trait, plan, first, last, pays) AS (VALUES {values(rows)}),
        plans AS (
            SELECT c.i, t.*, greatest(c.event::DATE + 1, DATE '{as_of}' - 300 - floor(100 * u(c.i, 0, 'plan'))::INTEGER) AS start
            FROM shop_customers c JOIN traits USING (i) JOIN trait t USING (payment_trait) WHERE plan),
        due AS (SELECT *, unnest(range({INSTALMENTS})) AS n FROM plans),
        paid AS (
            SELECT *, at_daytime(start + 30 * (n + 1)::INTEGER, 0.5) AS due_at,
                   at_daytime(start + 30 * (n + 1)::INTEGER + (first + floor((last - first + 1) * u(i, n, 'pays')))::INTEGER,
                              0.4) AS paid_at
            FROM due)
        SELECT due_at AS event, format('K{{:07d}}', i) AS loan, (n + 1)::VARCHAR AS instalment, customer_no(i) AS customer,
               due_at AS due,
               money(2500 + 500 * floor(10 * u(i, 0, 'rate'))) AS amount,
               CASE WHEN n < pays AND paid_at < TIMESTAMP '{as_of} 23:00:00' THEN paid_at END AS paid
        FROM paid WHERE due_at < TIMESTAMP '{as_of} 23:00:00'""")
