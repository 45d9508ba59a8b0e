"""The sources the pipeline understands: one contract per source, only ``orders`` is required.

Belongs here: what a source *means* once it is clean.  Does not belong here: where the files of
one shop lie and how they spell their columns (``config/sources.yaml``).
"""

from __future__ import annotations

from segmentation_pipeline.contracts.sources.accounts import FIRMOGRAPHICS, REPAYMENTS
from segmentation_pipeline.contracts.sources.base import Reference, Source
from segmentation_pipeline.contracts.sources.contact import (
    CAMPAIGN_CONTACTS,
    CONSENTS,
    MARKETING_COSTS,
    RESTRICTIONS,
    SUPPRESSIONS,
)
from segmentation_pipeline.contracts.sources.engagement import EMAIL_EVENTS, SOCIAL_EVENTS, WEB_SESSIONS
from segmentation_pipeline.contracts.sources.identity import IDENTITIES, MERGE_DECISIONS
from segmentation_pipeline.contracts.sources.membership import LOYALTY, SUBSCRIPTIONS, USAGE
from segmentation_pipeline.contracts.sources.rates import EXCHANGE_RATES
from segmentation_pipeline.contracts.sources.shop import CUSTOMERS, ORDER_ITEMS, ORDERS, PRODUCTS, RETURNS
from segmentation_pipeline.contracts.sources.stores import PLACES, STORE_VISITS, STORES
from segmentation_pipeline.contracts.sources.voice import SUPPORT, SURVEYS

__all__ = ["CUSTOMERS", "SOURCES", "Reference", "Source"]

DECLARED: tuple[Source, ...] = (
    EXCHANGE_RATES,
    CUSTOMERS,
    PRODUCTS,
    ORDERS,
    ORDER_ITEMS,
    RETURNS,
    CONSENTS,
    SUPPRESSIONS,
    RESTRICTIONS,
    CAMPAIGN_CONTACTS,
    MARKETING_COSTS,
    STORES,
    PLACES,
    STORE_VISITS,
    WEB_SESSIONS,
    EMAIL_EVENTS,
    SOCIAL_EVENTS,
    SURVEYS,
    SUPPORT,
    LOYALTY,
    SUBSCRIPTIONS,
    USAGE,
    FIRMOGRAPHICS,
    REPAYMENTS,
    IDENTITIES,
    MERGE_DECISIONS,
)
"""In the order they are cleaned: a reference points backwards."""

SOURCES: dict[str, Source] = {source.name: source for source in DECLARED}
"""Every known source by name."""
