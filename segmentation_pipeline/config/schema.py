"""The configuration as typed models: every key a project may set, with its default and limits.

Belongs here: shapes, defaults and the rules one file can check by itself.  Does not belong here:
reading files and wording mistakes (``load.py``) and the rule language (``rules.py``).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from segmentation_pipeline.contracts.sources import SOURCES

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=63,
        description="a name of lower-case letters, digits and _, beginning with a letter, of at most 63 characters",
    ),
]


def _plain_true(value: object) -> object:
    """``when: true`` is a rule like any other, though YAML reads it as a truth value."""
    return str(value).lower() if isinstance(value, bool) else value


def _tuple(value: object) -> object:
    """Behind ``SourceConfig._short_form`` strict validation no longer knows a list from a file."""
    return tuple(value) if isinstance(value, list) else value


RuleText = Annotated[str, BeforeValidator(_plain_true), Field(description="a rule, such as frequency >= 3 and clv > 100")]


class Model(BaseModel):
    """Unknown keys are mistakes and a loaded configuration never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# ---------------------------------------------------------------- sources.yaml


class ColumnMapping(Model):
    """Where one contract column comes from.

    ``from`` names the column in the file; ``from_row: true`` takes the row number instead (for
    line files without a line number); ``value`` is one constant for all rows.  ``format`` is a
    strptime pattern or a list tried in order; ``values`` renames values after trimming, matched
    without regard to case.
    """

    source_column: str | None = Field(default=None, alias="from")
    from_row: bool = False
    value: str | None = None
    format: Annotated[str | tuple[str, ...] | None, BeforeValidator(_tuple)] = None
    values: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum([self.source_column is not None, self.from_row, self.value is not None]) != 1:
            raise ValueError("give exactly one of 'from', 'from_row: true' or 'value'")
        return self


class CsvOptions(Model):
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encoding: Literal["utf-8", "latin-1", "utf-16"] = "utf-8"


class SourceConfig(Model):
    """One source: its files, how to read them and which column means what.

    ``columns`` left out means the files use the contract's names.  ``derive_from: order_items``
    (orders only) makes one order of all lines that share an ``order_id``, for shops whose export
    is line items.  ``unknown_references: keep`` accepts rows that point to, say, a customer no
    customer file lists.
    """

    files: str | tuple[str, ...] | None = None
    derive_from: Literal["order_items"] | None = None
    format: Literal["csv", "parquet", "jsonl"] | None = None
    csv: CsvOptions = CsvOptions()
    columns: dict[
        str,
        Annotated[
            ColumnMapping, Field(description="the name of a column in the file, or a mapping with from, from_row or value")
        ],
    ] = {}
    date_format: str | tuple[str, ...] | None = None
    timezone: str | None = None
    unknown_references: Literal["quarantine", "keep"] = "quarantine"

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if isinstance(value, dict):
            return {k: {"from": v} if isinstance(v, str) else v for k, v in value.items()}
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str | None) -> str | None:
        return value if value is None else _timezone(value)

    @model_validator(mode="after")
    def _has_origin(self) -> Self:
        if (self.files is None) == (self.derive_from is None):
            raise ValueError("give exactly one of 'files' or 'derive_from'")
        return self

    @property
    def patterns(self) -> tuple[str, ...]:
        if self.files is None:
            return ()
        return (self.files,) if isinstance(self.files, str) else self.files


class SourcesConfig(Model):
    sources: dict[str, SourceConfig]

    @model_validator(mode="after")
    def _orders_present(self) -> Self:
        if "orders" not in self.sources:
            raise ValueError("source 'orders' is required")
        orders = self.sources["orders"]
        for name, source in self.sources.items():
            if source.derive_from and name != "orders":
                raise ValueError(f"sources.{name}.derive_from: only 'orders' can be derived")
        if orders.derive_from and orders.derive_from not in self.sources:
            raise ValueError(f"sources.orders.derive_from: source '{orders.derive_from}' is not configured")
        return self


# ---------------------------------------------------------------- pipeline.yaml


def _timezone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"'{value}' is not an IANA time zone such as Europe/Berlin")
    return value


class BusinessConfig(Model):
    timezone: str = "UTC"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="three capital letters such as EUR")] = "EUR"
    key_case: Literal["keep", "upper", "lower"] = "keep"

    _check_timezone = field_validator("timezone")(_timezone)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class RunConfig(Model):
    """``start_date`` is the first day that may be run; ``as_of`` is the day ``segmentation run``
    takes when none is given (left out: yesterday in the business time zone)."""

    start_date: date = date(2020, 1, 1)
    as_of: date | None = None
    hour: Annotated[int, Field(ge=0, le=23)] = 5
    minute: Annotated[int, Field(ge=0, le=59)] = 30
    wait_for_writer_seconds: Annotated[int, Field(ge=0)] = 600

    @model_validator(mode="after")
    def _as_of_in_range(self) -> Self:
        if self.as_of is not None and self.as_of < self.start_date:
            raise ValueError("'as_of' lies before 'start_date'")
        return self


class EngineConfig(Model):
    kind: Literal["duckdb"] = "duckdb"
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?(MB|GB)$", description="a size such as 512MB or 2GB")] = "1800MB"
    threads: Annotated[int, Field(ge=1)] | None = None
    temp_directory: str | None = None


class FeaturesConfig(Model):
    """Values that get a share column of their own; all other values count only in the totals."""

    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class ClvConfig(Model):
    horizon_days: Annotated[int, Field(ge=1, le=3650)] = 365
    calibration_holdout_days: Annotated[int, Field(ge=7)] = 90
    min_customers: Annotated[int, Field(ge=10)] = 200
    sample_size: Annotated[int, Field(ge=100, le=200_000)] = 50_000


class ClustersConfig(Model):
    """``features`` left out: the customary ones, as far as this project's sources give them."""

    features: tuple[str, ...] | None = None
    min_clusters: Annotated[int, Field(ge=2, le=20)] = 3
    max_clusters: Annotated[int, Field(ge=2, le=20)] = 8
    sample_size: Annotated[int, Field(ge=100, le=100_000)] = 20_000
    silhouette_sample_size: Annotated[int, Field(ge=100, le=20_000)] = 4_000

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_clusters < self.min_clusters:
            raise ValueError("'max_clusters' is below 'min_clusters'")
        return self


class ModelsConfig(Model):
    seed: int = 7
    clv: ClvConfig = ClvConfig()
    clusters: ClustersConfig = ClustersConfig()


class ExpectationConfig(Model):
    """An extra Great Expectations rule on a clean table, beside those the contract implies."""

    table: str
    expectation: str
    arguments: dict[str, object] = {}
    severity: Literal["error", "warning"] = "error"


class QualityConfig(Model):
    """Thresholds.  ``max_quarantined_share`` per source overrides the default of the same name.

    ``max_future_days`` counts from ``as_of``: what happens later than that is taken for a mistake,
    so it must be more than how far back a day is ever run again.
    """

    max_quarantined_share: Share = 0.10
    max_quarantined_share_by_source: dict[str, Share] = {}
    volume_window_days: Annotated[int, Field(ge=7)] = 28
    min_volume_ratio: Annotated[float, Field(ge=0.0)] = 0.25
    max_volume_ratio: Annotated[float, Field(ge=1.0)] = 4.0
    freshness_days: Annotated[int, Field(ge=0)] = 3
    max_future_days: Annotated[int, Field(ge=0)] = 1825
    earliest_date: date = date(1990, 1, 1)
    expectations: tuple[ExpectationConfig, ...] = ()


class PipelineConfig(Model):
    business: BusinessConfig = BusinessConfig()
    run: RunConfig = RunConfig()
    engine: EngineConfig = EngineConfig()
    features: FeaturesConfig = FeaturesConfig()
    models: ModelsConfig = ModelsConfig()
    quality: QualityConfig = QualityConfig()


# ---------------------------------------------------------------- privacy.yaml


class PrivacyConfig(Model):
    """``consent: not_required`` needs a reason, which is shown wherever audiences are shown.

    ``attributes`` are the personal attributes that features, rules and published tables may use;
    others stay out even when the customers file has them.  ``salt`` draws samples and holdouts.
    """

    consent: Literal["required", "not_required"] = "required"
    consent_not_required_reason: str | None = None
    attributes: tuple[
        Literal[
            "age_years",
            "birth_month",
            "gender",
            "city",
            "region",
            "country",
            "language",
            "age_band",
            "income_band",
            "household_size",
        ],
        ...,
    ] = (
        "country",
        "region",
        "city",
        "language",
        "birth_month",
    )
    salt: Annotated[str, Field(min_length=8)] = "change-me-once"

    @model_validator(mode="after")
    def _reason(self) -> Self:
        if self.consent == "not_required" and not (self.consent_not_required_reason or "").strip():
            raise ValueError("'consent: not_required' needs 'consent_not_required_reason'")
        return self


# ---------------------------------------------------------------- segmentations.yaml


class _Segmentation(Model):
    title: str
    description: str = ""
    owner: str = "team:crm"
    min_size: Annotated[int, Field(ge=0)] = 0


class RuleSegment(Model):
    name: Name
    when: RuleText
    description: str = ""


class RulesSegmentation(_Segmentation):
    """Segments by boolean rules.  Exclusive: the first rule that holds wins, top to bottom."""

    kind: Literal["rules"]
    exclusive: bool = True
    segments: tuple[RuleSegment, ...] = Field(min_length=1)


class RfmSegmentation(_Segmentation):
    """The eleven named segments of the RFM model."""

    kind: Literal["rfm"]


class QuantileSegment(Model):
    """``top`` is the cumulative share of customers, best first: 0.1 = best tenth, 1 = the rest."""

    name: Name
    top: Annotated[float, Field(gt=0.0, le=1.0)]
    description: str = ""


class QuantilesSegmentation(_Segmentation):
    """Tiers of a numeric column, highest values first; equal values share a tier."""

    kind: Literal["quantiles"]
    column: str
    segments: tuple[QuantileSegment, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        tops = [segment.top for segment in self.segments]
        if tops != sorted(set(tops)) or tops[-1] != 1.0:
            raise ValueError("'top' must increase from tier to tier and end at 1.0")
        return self


class ClustersSegmentation(_Segmentation):
    """The k-means clusters of the cluster model."""

    kind: Literal["clusters"]


class AttributeSegmentation(_Segmentation):
    """One segment per value of a text column; values below ``min_size`` customers go to ``other``."""

    kind: Literal["attribute"]
    column: str
    other: Name = "other"


Segmentation = Annotated[
    RulesSegmentation | RfmSegmentation | QuantilesSegmentation | ClustersSegmentation | AttributeSegmentation,
    Field(discriminator="kind"),
]


class SegmentationsConfig(Model):
    segmentations: dict[Name, Segmentation]


# ---------------------------------------------------------------- campaigns.yaml


class Campaign(Model):
    """Who is to be contacted, how, and how many are kept out to measure the effect.

    ``audience`` is a rule over the columns of ``customer_profile``.  ``rank_by`` orders the list,
    highest first; ``limit`` keeps the best.  ``quiet_days`` leaves out whom any campaign reached
    that recently.
    """

    title: str
    description: str = ""
    owner: str = "team:crm"
    channel: Literal["email", "sms", "post"]
    purpose: str = "marketing"
    audience: RuleText
    rank_by: str = "clv"
    limit: Annotated[int, Field(ge=1)] | None = None
    quiet_days: Annotated[int, Field(ge=0)] = 0
    holdout_share: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.1


class CampaignsConfig(Model):
    campaigns: dict[Name, Campaign]


class Config(Model):
    """The whole configuration of a project."""

    sources: dict[str, SourceConfig]
    pipeline: PipelineConfig
    privacy: PrivacyConfig
    segmentations: dict[str, Segmentation]
    campaigns: dict[str, Campaign]

    def has(self, *sources: str) -> bool:
        return all(source in self.sources for source in sources)

    @property
    def cleaning_order(self) -> tuple[str, ...]:
        """The configured sources such that what a source refers to or derives from comes first."""
        names = [name for name in SOURCES if name in self.sources]
        if self.sources["orders"].derive_from:
            names.remove("order_items")
            names.insert(names.index("orders"), "order_items")
        return tuple(names)
