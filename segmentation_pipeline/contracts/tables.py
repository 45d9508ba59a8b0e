"""The names of the working tables: asset key, table name and what people see are one.

Sources with personal data keep what was received in schema ``pii``; everyone else's lies in
``raw`` and ``quarantine``.
"""

from __future__ import annotations

from dataclasses import dataclass

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
LAST_RUN = "meta.last_run"
WAREHOUSE_FORMAT = "meta.warehouse_format"
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
EXCLUSIONS_DIRTY = "privacy.exclusions_dirty"
UNMATCHED_RESTRICTIONS = "privacy.unmatched_restrictions"
CALENDAR = "features.calendar"
HOLIDAY_REGIONS = "features.holiday_regions"
DIRTY_CUSTOMERS = "features.dirty_customers"
ORDER_FACTS = "features.order_facts"
CUSTOMER_CATEGORIES = "features.customer_categories"
CUSTOMER_BRANDS = "features.customer_brands"
CUSTOMER_BASKETS = "features.customer_baskets"
CUSTOMER_STATE = "features.customer_state"
CUSTOMER_FEATURES = "features.customer_features"
CUSTOMER_SCORES = "models.customer_scores"
RFM_SCORES = "models.rfm_scores"
CLV_SCORES = "models.clv_scores"
CLUSTER_SCORES = "models.cluster_scores"
MODEL_REGISTRY = "models.model_registry"
NEXT_PRODUCT_SCORES = "models.next_product_scores"
AFFINITY_SCORES = "models.affinity_scores"
SEND_AFFINITY = "models.send_affinity"
UNUSUAL_CHANGE_SCORES = "models.unusual_change_scores"
CLUSTER_CHANGES = "models.cluster_changes"
MODEL_CALIBRATION = "models.model_calibration"
MODEL_CURVES = "models.model_curves"
MODEL_DRIFT = "models.model_drift"
MODEL_GROUPS = "models.model_groups"
CONSTRUCT_RELIABILITY = "models.construct_reliability"
SURVEY_CLASSES = "models.survey_classes"
PREDICTIONS = "models.predictions"
UPLIFT_SCORES = "models.uplift_scores"
PRODUCT_ASSOCIATIONS = "recommendations.product_associations"
CUSTOMER_RECOMMENDATIONS = "recommendations.customer_recommendations"
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
AUDIENCE_FAIRNESS = "campaigns.audience_fairness"
CAMPAIGN_ASSIGNMENTS = "measurement.campaign_assignments"
CAMPAIGN_STARTS = "measurement.campaign_starts"
CAMPAIGN_RESULTS = "measurement.campaign_results"
CAMPAIGN_SPENDING = "campaigns.campaign_spending"
CONTACTABLE_CUSTOMERS = "campaigns.contactable_customers"
CAMPAIGN_DECISIONS = "campaigns.campaign_decisions"
AUDIENCE_OVERLAP = "campaigns.audience_overlap"
PUBLICATION = "published.segmentation"
REPORT = "published.report"
PII_CUSTOMERS = "pii.customers"
PII_IDENTITIES = "pii.identities"
PII_BY_CUSTOMER = "pii.customers_by_customer"
DIRTY_BEFORE = ("_touched",)
"""What the names of tables of dirty keys and rows ended in with older programs."""


@dataclass(frozen=True, slots=True)
class TableOfSource:
    """A kind of table that every source has one of; called with a source, the table's name.

    ``personal`` is the name where rows hold personal data: of sources that have any, or, ``by_key``, of those whose key is.
    """

    name: str
    description: str
    personal: str = ""
    by_key: bool = False

    def __call__(self, source: str) -> str:
        return (self.personal if self.personal and self._is_personal(source) else self.name).format(source)

    def _is_personal(self, source: str) -> bool:
        contract = SOURCES[source]
        return contract.key_is_personal if self.by_key else bool(contract.pii_columns)


landing = TableOfSource("landing.{}", "The files a source was fetched to; no table, but an asset.")
raw = TableOfSource("raw.{}", "A row of a source as received.", "pii.{}_raw")
malformed = TableOfSource(
    "raw.{}_malformed", "A record of a source's files that could not be split into columns.", "pii.{}_malformed"
)
dirty_rows = TableOfSource(
    "raw.{}_dirty", "A row of a source that came or went with the last loading, as received.", "pii.{}_raw_dirty"
)
known_noes = TableOfSource(
    "pii.{}_known_noes", "A no of a ledger that the next delivery must hold, by a digest of whom it is about."
)
validated = TableOfSource(
    "clean.{}_judged", "Every row of a source, typed and validated; what is clean is a view of it.", "pii.{}_judged"
)
clean = TableOfSource("clean.{}", "An accepted row: typed, one per natural key, known at as_of.")
pii = TableOfSource("pii.{}", "The personal columns of an accepted row, by natural key; of sources that have any.")
by_customer = TableOfSource("identity.{}", "An accepted row under the id of the person, where customers can be merged.")
dirty_keys = TableOfSource(
    "clean.{}_dirty",
    "The key of an accepted row, future-dated ones included, that came, went or changed in the run.",
    "pii.{}_dirty",
    by_key=True,
)
future_dated = TableOfSource(
    "clean.{}_later", "The key of an accepted row that happens after as_of; rows that refer to it wait too."
)
quarantine = TableOfSource("quarantine.{}", "A rejected row with all reasons; personal columns are left out.")
quarantine_with_pii = TableOfSource(
    "pii.{}_quarantine", "A rejected row of a source with personal data, with its original values."
)


def destination(kind: str) -> str:
    """What a kind of destination holds; no table here, but an asset."""
    return f"destinations.{kind}"


def of_source(source: str) -> tuple[str, ...]:
    """Every table that holds rows of one source, what is built on others first."""
    views = (clean(source), *((pii(source),) if SOURCES[source].pii_columns else ()))
    quarantined = (quarantine(source), *((quarantine_with_pii(source),) if SOURCES[source].pii_columns else ()))
    read = (raw(source), malformed(source), dirty_rows(source), known_noes(source))
    return (*views, dirty_keys(source), future_dated(source), validated(source), *quarantined, *read)


def named_otherwise() -> tuple[str, ...]:
    """What an older program called its tables of dirty keys and rows, or made beside them; the first run of this one drops it."""
    old = (name.replace("_dirty", ending) for ending in DIRTY_BEFORE for s in SOURCES for name in (dirty_keys(s), dirty_rows(s)))
    return (*old, "features.touched_customers", "privacy.exclusions_touched", "models.purchases_ahead")
