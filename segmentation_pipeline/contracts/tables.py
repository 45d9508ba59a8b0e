"""The names of the working tables: asset key, table name and what people see are one.

Sources with personal data keep what was received in schema ``pii``; everyone else's lies in
``raw`` and ``quarantine``.
"""

from __future__ import annotations

from segmentation_pipeline.contracts.sources import SOURCES

FILES = "raw.files"
LEFT_OUT = "raw.left_out"
LOOKED_UP = "raw.looked_up"
ERASED_MARKS = "raw.erased_marks"
EXPIRED_ORDERS = "raw.expired_orders"
RETURNED_CUSTOMERS = "raw.returned_customers"
ERASURES = "meta.erasures"
PSEUDONYM_KEY = "meta.pseudonym_key"
RETENTION = "meta.retention"
ROW_ACCOUNTING = "quality.row_accounting"
SHOP_TOTALS = "quality.shop_totals"
DATA_QUALITY = "quality.data_quality"
CUSTOMER_ADDRESSES = "pii.customer_addresses"
IDENTIFIERS = "pii.identifiers"
PHONE_NUMBERS = "pii.phone_numbers"
CUSTOMER_IDENTITY = "identity.customer_identity"
FIRST_KNOWN = "identity.first_known"
CHANGED_IDENTITIES = "identity.changed_identities"
BLOCKED_MERGES = "identity.blocked_merges"
HOUSEHOLDS = "identity.households"
IDENTITY_HEALTH = "identity.identity_health"
MERGE_CHANGES = "identity.merge_changes"
MERGE_DAYS = "identity.merge_days"
CUSTOMER_MERGES = "identity.customer_merges"
EXCLUDED_CUSTOMERS = "privacy.excluded_customers"
EXCLUSIONS_TOUCHED = "privacy.exclusions_touched"
CALENDAR = "features.calendar"
HOLIDAY_REGIONS = "features.holiday_regions"
TOUCHED_CUSTOMERS = "features.touched_customers"
ORDER_FACTS = "features.order_facts"
CUSTOMER_CATEGORIES = "features.customer_categories"
CUSTOMER_BRANDS = "features.customer_brands"
CUSTOMER_BASKETS = "features.customer_baskets"
CUSTOMER_STATE = "features.customer_state"
CUSTOMER_FEATURES = "features.customer_features"
RFM_SCORES = "models.rfm_scores"
PURCHASES_AHEAD = "models.purchases_ahead"
CLV_SCORES = "models.clv_scores"
CLUSTER_SCORES = "models.cluster_scores"
MODEL_REGISTRY = "models.model_registry"
CLUSTER_CHANGES = "models.cluster_changes"
CONSTRUCT_RELIABILITY = "models.construct_reliability"
SURVEY_CLASSES = "models.survey_classes"
ASSIGNMENTS = "segments.assignments"
SEGMENT_DEFINITIONS = "segments.segment_definitions"
MEMBERSHIPS = "segments.memberships"
MOVED_CUSTOMERS = "segments.moved_customers"
OBSERVED_SEGMENTS = "segments.observed_segments"
CUSTOMER_SEGMENTS = "segments.customer_segments"
MEMBERSHIP_CHANGES = "segments.membership_changes"
OBSERVED_DAYS = "segments.observed_days"
SEGMENT_HISTORY = "segments.segment_history"
SEGMENT_TRANSITIONS = "segments.segment_transitions"
SEGMENT_PROFILES = "segments.segment_profiles"
SEGMENT_CATALOG = "segments.segment_catalog"
CUSTOMER_PROFILE = "segments.customer_profile"
CAMPAIGN_SELECTIONS = "campaigns.campaign_selections"
UNMATCHED_OPT_OUTS = "campaigns.unmatched_opt_outs"
AUDIENCE_FILES = "campaigns.audience_files"
CAMPAIGN_AUDIENCES = "campaigns.campaign_audiences"
CAMPAIGN_FUNNEL = "campaigns.campaign_funnel"
PUBLICATION = "published.segmentation"
PII_CUSTOMERS = "pii.customers"
PII_IDENTITIES = "pii.identities"
PII_BY_CUSTOMER = "pii.customers_by_customer"


def landing(source: str) -> str:
    """The files a source was fetched to; no table, but an asset."""
    return f"landing.{source}"


def destination(kind: str) -> str:
    """What a kind of destination holds; no table here, but an asset."""
    return f"destinations.{kind}"


def raw(source: str) -> str:
    """The rows of a source as received."""
    return f"pii.{source}_raw" if SOURCES[source].pii_columns else f"raw.{source}"


def malformed(source: str) -> str:
    """The records of a source's files that could not be split into columns."""
    return f"pii.{source}_malformed" if SOURCES[source].pii_columns else f"raw.{source}_malformed"


def of_source(source: str) -> tuple[str, ...]:
    """Every table that holds rows of one source, what is built on others first."""
    views = (clean(source), *((pii(source),) if SOURCES[source].pii_columns else ()))
    quarantined = (quarantine(source), *((quarantine_with_pii(source),) if SOURCES[source].pii_columns else ()))
    read = (raw(source), malformed(source), raw_touched(source), known_noes(source))
    return (*views, touched(source), future_dated(source), validated(source), *quarantined, *read)


def known_noes(source: str) -> str:
    """The noes of a ledger that the next delivery must hold, by digests of whom they are about."""
    return f"pii.{source}_known_noes"


def raw_touched(source: str) -> str:
    """The rows of ``raw`` that came or went with the last loading, as received."""
    return f"pii.{source}_raw_touched" if SOURCES[source].pii_columns else f"raw.{source}_touched"


def validated(source: str) -> str:
    """Every row of a source, typed and judged; what is clean is a view of it."""
    return f"pii.{source}_judged" if SOURCES[source].pii_columns else f"clean.{source}_judged"


def clean(source: str) -> str:
    """The accepted rows: typed, one per natural key, known at ``as_of``."""
    return f"clean.{source}"


def pii(source: str) -> str:
    """The personal columns of the accepted rows, by natural key; of sources that have any."""
    return f"pii.{source}"


def by_customer(source: str) -> str:
    """The accepted rows under the id of the person, where customers can be merged."""
    return f"identity.{source}"


def touched(source: str) -> str:
    """The keys of the rows of ``clean`` and ``future_dated`` that came, went or changed in the run."""
    return f"pii.{source}_touched" if SOURCES[source].key_is_personal else f"clean.{source}_touched"


def future_dated(source: str) -> str:
    """Keys of accepted rows that happen after ``as_of``; rows that refer to them wait too."""
    return f"clean.{source}_later"


def quarantine(source: str) -> str:
    """The rejected rows with all reasons; personal columns are left out."""
    return f"quarantine.{source}"


def quarantine_with_pii(source: str) -> str:
    """The rejected rows of a source with personal data, with their original values."""
    return f"pii.{source}_quarantine"
