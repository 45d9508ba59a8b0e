"""``pipeline.yaml``: how the shop counts time and money, and the limits the pipeline keeps."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from segmentation_pipeline.config.schema.alerts import AlertsConfig
from segmentation_pipeline.config.schema.base import MOST, MOST_DAYS, Amount, Model, Name, PlainText, Share, known_timezone
from segmentation_pipeline.config.schema.clusters import ClustersConfig
from segmentation_pipeline.config.schema.constructs import ConstructConfig, SurveyClassesConfig
from segmentation_pipeline.config.schema.destinations import DestinationsConfig
from segmentation_pipeline.config.schema.identity import IdentityConfig
from segmentation_pipeline.config.schema.occasions import Observance, Occasion, OccasionEvidence
from segmentation_pipeline.contracts.currencies import minor_digits
from segmentation_pipeline.contracts.scores import CLUSTERS


class BusinessConfig(Model):
    """``timezone`` (IANA) is where the days of the business begin and end, and of moments without an offset; money is kept in
    ``currency``.  ``key_case`` is for all keys; ``pad_to`` gives keys of digits alone leading zeros up to a length, by the key's
    name: ``{customer_id: 10}`` makes one of ``4711`` and ``0000004711`` wherever a customer is named.  ``exchange_rates`` say
    what one unit of another currency is in ``currency``, whatever the day; the source of that name says it by day."""

    timezone: str = "UTC"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="three capital letters such as EUR")] = "EUR"
    key_case: Literal["keep", "upper", "lower"] = "keep"
    exchange_rates: dict[
        Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="three capital letters such as USD")],
        Annotated[float, Field(gt=0)],
    ] = Field(default_factory=dict)
    pad_to: dict[str, Annotated[int, Field(ge=2, le=64)]] = Field(default_factory=dict)

    _check_timezone = field_validator("timezone")(known_timezone)

    @field_validator("currency")
    @classmethod
    def _two_decimals_at_most(cls, value: str) -> str:
        if minor_digits(value) > 2:
            raise ValueError(
                f"{value} has {minor_digits(value)} decimals and money is kept to two: deliver amounts in another currency"
            )
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class RunConfig(Model):
    """``start_date`` is the first day that may be run; ``as_of`` is the day ``segmentation run``
    takes when none is given (left out: yesterday in the business time zone).  At ``hour`` and ``minute`` of the business's
    clock the schedule begins.  A run that meets another one waits for it, ``wait_for_writer_seconds`` at most."""

    start_date: date = date(2020, 1, 1)
    as_of: date | None = None
    hour: Annotated[int, Field(ge=0, le=23)] = 5
    minute: Annotated[int, Field(ge=0, le=59)] = 30
    wait_for_writer_seconds: Annotated[int, Field(ge=0, le=1_000_000)] = 600

    @model_validator(mode="after")
    def _as_of_in_range(self) -> Self:
        if self.as_of is not None and self.as_of < self.start_date:
            raise ValueError("'as_of' lies before 'start_date'")
        return self


class SparkConfig(Model):
    """``remote`` (``sc://host:port``) speaks to a Spark Connect server, else ``master`` starts or joins Spark itself.

    ``warehouse`` is the folder or URL (``s3://bucket/path``) of the working tables, which driver and
    workers both reach; left out: ``data/warehouse.spark``.  ``conf`` holds Spark's own settings.
    """

    master: str = "local[*]"
    remote: Annotated[str, Field(pattern=r"^sc://", description="a Spark Connect address such as sc://host:15002")] | None = None
    warehouse: str | None = None
    conf: dict[str, str] = Field(default_factory=dict)


class EngineConfig(Model):
    """``kind`` is the engine that computes; ``spark`` says how Spark is reached, where it is that one.

    ``memory_limit``, ``threads`` and ``temp_directory`` are DuckDB's; the last also serves Spark's driver.
    """

    kind: Literal["duckdb", "spark"] = "duckdb"
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?(MB|GB)$", description="a size such as 512MB or 2GB")] = "1400MB"
    threads: Annotated[int, Field(ge=1, le=10_000)] | None = None
    temp_directory: str | None = None
    spark: SparkConfig = SparkConfig()


class Region(Model):
    """Customers belong to the region ``name`` who fit every list it gives, of which there is at least one: ``countries``,
    ``regions`` and ``cities``, spelled as the customers' are."""

    name: Name
    countries: tuple[PlainText, ...] = ()
    regions: tuple[PlainText, ...] = ()
    cities: tuple[PlainText, ...] = ()

    @model_validator(mode="after")
    def _lists_something(self) -> Self:
        if not (self.countries or self.regions or self.cities):
            raise ValueError("a region lists 'countries', 'regions' or 'cities', at least one of them")
        return self


class FeaturesConfig(Model):
    """``categories`` and ``channels`` get a share column each; all others count only in the totals.

    ``store_channels`` are the channels of orders placed in a store; all other channels are online.
    Each of ``region_maps`` is a text column of its name: the first region, from the top, a customer belongs to.
    ``nps_item`` is the survey item that asks how likely a recommendation is, from 0 to 10.
    ``occasions`` get columns that tell who buys for them; ``top_occasion`` needs ``occasion_evidence``.
    With ``public_holidays`` customers have the holidays of where they live; ``observances`` build on that.
    ``constructs`` are what other items of surveys measure; ``choice_items`` are those whose chosen answer is
    itself a feature.
    """

    categories: tuple[PlainText, ...] = ()
    channels: tuple[PlainText, ...] = ()
    store_channels: tuple[PlainText, ...] = ()
    region_maps: dict[Name, Annotated[tuple[Region, ...], Field(min_length=1)]] = Field(default_factory=dict)
    nps_item: str = "nps"
    occasions: dict[Name, Occasion] = Field(default_factory=dict)
    occasion_evidence: OccasionEvidence = OccasionEvidence()
    public_holidays: bool = False
    observances: dict[Name, Observance] = Field(default_factory=dict)
    choice_items: tuple[PlainText, ...] = ()
    constructs: dict[Name, ConstructConfig] = Field(default_factory=dict)


class ClvConfig(Model):
    """Lifetime value is what is expected of a customer in the ``horizon_days`` after the day.

    The candidates are judged on the last ``calibration_windows`` periods of ``calibration_holdout_days``, none of which they
    have seen, and fitted on at most about ``sample_size`` customers.  With fewer than ``min_customers`` who ordered before such a
    period nothing is judged, and values come from a model that is drawn towards what is typical.
    """

    horizon_days: Annotated[int, Field(ge=1, le=3650)] = 365
    calibration_holdout_days: Annotated[int, Field(ge=7, le=MOST_DAYS)] = 90
    calibration_windows: Annotated[int, Field(ge=1, le=12)] = 3
    min_customers: Annotated[int, Field(ge=10, le=MOST)] = 200
    sample_size: Annotated[int, Field(ge=100, le=200_000)] = 50_000


class ModelsConfig(Model):
    """``clusters`` is the model every project has; ``cluster_models`` are more of its kind, by name.  ``clv`` is lifetime
    value, ``survey_classes`` are latent classes of those who answered surveys, by name."""

    clv: ClvConfig = ClvConfig()
    clusters: ClustersConfig = ClustersConfig()
    survey_classes: dict[Name, SurveyClassesConfig] = Field(default_factory=dict)
    cluster_models: dict[Name, ClustersConfig] = Field(default_factory=dict)

    @property
    def by_cluster_model(self) -> dict[str, ClustersConfig]:
        """Every cluster model by name, the default one first."""
        return {CLUSTERS: self.clusters, **self.cluster_models}


class ExpectationConfig(Model):
    """An extra Great Expectations rule on a clean table, beside those the contract implies.

    ``expectation`` is the rule's name there, such as ``expect_column_values_to_be_in_set``, and ``arguments`` are what it is
    given; ``table`` is a source, whose clean table is meant, or the full name of a table.  With ``severity: warning`` a failure
    is told and stops nothing.
    """

    table: str
    expectation: str
    arguments: dict[str, object] = Field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"


class QualityConfig(Model):
    """Thresholds.  A run stops where more than ``max_quarantined_share`` of a source's rows are refused
    (``max_quarantined_share_by_source`` for single ones); ``max_blanked_share`` is of the
    values of one optional column.  ``max_amount`` is the largest amount of money that is none by mistake; left out, a million
    for orders, their lines, returns and products, and a thousand million for invoices and what marketing costs.

    ``max_future_days`` counts from ``as_of``: what happens later than that is taken for a mistake,
    so it must be more than how far back a day is ever run again.  What happened before ``earliest_date`` is one too.

    There is a warning where the orders of the day are fewer than ``min_volume_ratio`` or more than ``max_volume_ratio`` times the
    daily mean of the ``volume_window_days`` before, and where the newest order is more than ``freshness_days`` older than the
    day.  A run stops where less than ``min_delivery_ratio`` of what a source held is left.  ``expectations`` are further rules.
    """

    max_quarantined_share: Share = 0.10
    max_quarantined_share_by_source: dict[str, Share] = Field(default_factory=dict)
    max_blanked_share: Share = 0.10
    max_amount: Annotated[float, Field(gt=0, le=9_999_999_999_999_999)] | None = None
    volume_window_days: Annotated[int, Field(ge=7, le=MOST_DAYS)] = 28
    min_volume_ratio: Annotated[float, Field(ge=0.0)] = 0.25
    max_volume_ratio: Annotated[float, Field(ge=1.0)] = 4.0
    min_delivery_ratio: Share = 0.5
    freshness_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = 3
    max_future_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = 1825
    earliest_date: date = date(1990, 1, 1)
    expectations: tuple[ExpectationConfig, ...] = ()


class CostsConfig(Model):
    """What serving a customer costs on average, in the base currency, where no source tells: ``support_request`` is the cost
    of one request to the support (source ``support``).  Left out, it is not known and nothing is made up for it."""

    support_request: Amount | None = None


class PipelineConfig(Model):
    """``business`` is how the shop counts time and money, ``costs`` what serving customers costs, ``run`` when runs are made and
    of which day, ``engine`` what computes, ``features`` what is known of customers, ``identity`` who is one person, ``models``
    what every project has fitted, ``quality`` what stops a run or is warned of, ``destinations`` where results go, ``alerts`` who
    is told.
    """

    business: BusinessConfig = BusinessConfig()
    costs: CostsConfig = CostsConfig()
    run: RunConfig = RunConfig()
    engine: EngineConfig = EngineConfig()
    features: FeaturesConfig = FeaturesConfig()
    identity: IdentityConfig = IdentityConfig()
    models: ModelsConfig = ModelsConfig()
    quality: QualityConfig = QualityConfig()
    destinations: DestinationsConfig = DestinationsConfig()
    alerts: AlertsConfig = AlertsConfig()
