"""What is published of the shop as a whole, whoever bought."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import AS_OF, Column, Type

CUSTOMERS, NOBODY = "customers", "nobody"

SHOP_TOTALS_COLUMNS = (
    AS_OF,
    Column(
        "belongs_to",
        Type.TEXT,
        "customers, or nobody: orders without a customer, or of one who stands for nobody. Both together are the shop's.",
        allowed=(CUSTOMERS, NOBODY),
    ),
    Column("orders", Type.INTEGER, "Completed orders up to as_of.", "orders", minimum=0),
    Column("gross_revenue", Type.MONEY, "Paid for them, before returns.", "base currency"),
    Column("returned_amount", Type.MONEY, "Paid back up to as_of.", "base currency"),
    Column("net_revenue", Type.MONEY, "Gross revenue less what was paid back.", "base currency"),
)
