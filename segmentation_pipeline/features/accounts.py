"""The company behind a customer, and how instalments are paid."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source
from segmentation_pipeline.features.trailing import Trailing

_COMPANY, _REPAYMENTS = "firmographics", "repayments"
_YEAR = Trailing(_REPAYMENTS, 365)
_NOT_PAST = Trailing(_REPAYMENTS, 1)
"""What falls due on the day itself is not overdue before the next."""
_NOT_PAID = Trailing(_REPAYMENTS, 0, "paid_at")
SIZES = (("micro", 10), ("small", 50), ("medium", 250))
"""Companies with fewer employees than the number; all others are large (Recommendation 2003/361/EC)."""


def _company_features(config: Config) -> tuple[Feature, ...]:
    employees = (f"{_COMPANY}.employees",)
    unknown = "no company known"
    return (
        Feature(Column("industry", Type.TEXT, "Line of business.", null_means=unknown), (f"{_COMPANY}.industry",)),
        Feature(Column("company_employees", Type.INTEGER, "People employed.", "people", unknown, minimum=0), employees),
        Feature(
            Column(
                "company_size",
                Type.TEXT,
                "Micro (fewer than 10 employees), small (fewer than 50), medium (fewer than 250) or large.",
                null_means=unknown,
                allowed=(*(name for name, _ in SIZES), "large"),
            ),
            employees,
        ),
        Feature(
            Column("company_revenue", Type.MONEY, "Revenue of a year.", "base currency", unknown, minimum=0),
            (f"{_COMPANY}.annual_revenue",),
        ),
    )


def _company_build(inputs: Inputs) -> ir.Table:
    company = inputs.sources[_COMPANY]
    sizes = [(company.employees < below, name) for name, below in SIZES]
    return company.select(
        "customer_id",
        "industry",
        company_employees=company.employees,
        company_size=ibis.cases(*sizes, (company.employees.notnull(), "large"), else_=ibis.null("string")),
        company_revenue=company.annual_revenue,
    )


def _repayment_features(config: Config) -> tuple[Feature, ...]:
    due, paid = f"{_REPAYMENTS}.due_at", f"{_REPAYMENTS}.paid_at"

    def instalments(name: str, description: str) -> Feature:
        return Feature(Column(name, Type.INTEGER, description, "instalments", minimum=0), (due, paid))

    return (
        Feature(Column("loans", Type.INTEGER, "Loans with an instalment due so far.", "loans", minimum=0), (due,)),
        instalments("instalments_due_365d", "Instalments that fell due in the last 365 days."),
        instalments("instalments_late_365d", "Of those, the ones not paid by the end of the day they fell due, as_of included."),
        instalments("instalments_overdue", "Instalments due before as_of and not paid by its end."),
        Feature(
            Column("overdue_amount", Type.MONEY, "Due before as_of and not paid by its end.", "base currency", minimum=0),
            (due, paid),
        ),
        Feature(
            Column("overdue_since_date", Type.DAY, "Day the oldest unpaid instalment fell due.", "day", "nothing overdue"),
            (due, paid),
        ),
        Feature(
            Column(
                "overdue_days",
                Type.INTEGER,
                "Days from the oldest unpaid instalment to as_of.",
                "days",
                "nothing overdue",
                minimum=0,
            ),
            (due, paid),
        ),
        Feature(
            Column(
                "on_time_share_365d",
                Type.NUMBER,
                "Share of the instalments of the last 365 days paid by the day they fell due.",
                "share 0-1",
                "nothing fell due",
                minimum=0,
                maximum=1,
            ),
            (due, paid),
        ),
    )


def _repayment_build(inputs: Inputs) -> ir.Table:
    instalments = inputs.sources[_REPAYMENTS]
    # A payment after as_of is not known yet.  What fell due on as_of and is not paid by its end is late, and overdue from
    # the next day on.
    paid_on = inputs.business_day(instalments.paid_at)
    paid = (~inputs.inside(_NOT_PAID, instalments)).fill_null(False)
    late = ~(paid & (paid_on <= instalments.event_date))
    overdue, year = ~inputs.inside(_NOT_PAST, instalments) & ~paid, inputs.inside(_YEAR, instalments)
    zero = ibis.literal(0).cast(Type.MONEY.ibis)
    made = instalments.group_by("customer_id").agg(
        loans=instalments.loan_id.nunique(),
        instalments_due_365d=instalments.count(where=year),
        instalments_late_365d=instalments.count(where=year & late),
        instalments_overdue=instalments.count(where=overdue),
        overdue_amount=instalments.amount_due.sum(where=overdue).cast(Type.MONEY.ibis).fill_null(zero),
        overdue_since_date=instalments.event_date.min(where=overdue),
    )
    due = made.instalments_due_365d.nullif(0).cast("float64")
    return made.mutate(on_time_share_365d=(1 - made.instalments_late_365d / due).round(6))


def _repayment_as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    if "overdue_since_date" not in row.columns:  # no source maps it
        return {}
    return {"overdue_days": days_since(row.overdue_since_date, as_of)}


COMPANY = Family(
    name="company",
    description="Industry, size and revenue of the company behind a customer.",
    features=_company_features,
    build=_company_build,
    reads=(_COMPANY,),
    off=needs_source(_COMPANY),
    is_behaviour=False,
)

REPAYMENTS = Family(
    name="repayments",
    description="Instalments due, late and overdue.",
    features=_repayment_features,
    build=_repayment_build,
    reads=(_REPAYMENTS,),
    as_of_columns=_repayment_as_of_columns,
    windows=(_YEAR, _NOT_PAST, _NOT_PAID),
    off=needs_source(_REPAYMENTS),
)
