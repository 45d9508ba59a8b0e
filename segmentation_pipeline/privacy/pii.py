"""The one room for personal data: what of a customer goes to schema ``pii`` and what may leave it.

Belongs here: the split of the customers table.  Does not belong here: which of the remaining
attributes features may use (``privacy.yaml``, applied by the feature families).
"""

from __future__ import annotations

from typing import NamedTuple

import ibis.expr.types as ir

from segmentation_pipeline.contracts.sources import CUSTOMERS


class SplitCustomers(NamedTuple):
    """``public`` and ``pii`` have the same customers; only ``customer_id`` is in both."""

    public: ir.Table
    pii: ir.Table


def split_customers(customers: ir.Table) -> SplitCustomers:
    """Take the personal data out of a cleaned customers table.

    ``customers`` has every column of the customers contract.  In the result, ``public`` (for
    ``clean.customers``) is the table without the contract's pii columns, provenance included, and
    ``pii`` (for ``pii.customers``) is ``customer_id`` and the pii columns: one row per customer.
    """
    return SplitCustomers(
        public=customers.drop(*CUSTOMERS.pii_columns),
        pii=customers.select("customer_id", *CUSTOMERS.pii_columns),
    )
