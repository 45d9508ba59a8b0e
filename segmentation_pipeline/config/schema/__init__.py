"""The configuration as typed models: every key a project may set, with its default and limits.

Belongs here: shapes, defaults and the rules one file can check by itself; one module per file of
``config/``.  Does not belong here: reading files and wording mistakes (``load.py``) and the rule
language (``rules.py``).
"""

from segmentation_pipeline.config.schema.audience_profiles import FORMS, AudienceProfile, ListColumn
from segmentation_pipeline.config.schema.base import Labelled, Model, Name, RuleText, Share, known_timezone
from segmentation_pipeline.config.schema.campaign_arms import CampaignArm
from segmentation_pipeline.config.schema.campaign_measurement import CampaignMeasurement, Experiment, Outcome
from segmentation_pipeline.config.schema.campaigns import Campaign, CampaignsConfig, FixedText, Repeat
from segmentation_pipeline.config.schema.clusters import ClustersConfig
from segmentation_pipeline.config.schema.constructs import ConstructConfig, ExtensionConfig, SurveyClassesConfig
from segmentation_pipeline.config.schema.decision import Cap, Decision
from segmentation_pipeline.config.schema.destinations import DestinationConfig, DestinationsConfig
from segmentation_pipeline.config.schema.fairness import FairnessConfig, Waiver
from segmentation_pipeline.config.schema.identity import IdentityConfig
from segmentation_pipeline.config.schema.occasions import (
    BirthdayOccasion,
    DatesOccasion,
    HolidayOccasion,
    MonthDaysOccasion,
    MonthsOccasion,
    Observance,
    Occasion,
    OccasionEvidence,
    YearlyOccasion,
)
from segmentation_pipeline.config.schema.origins import Origin
from segmentation_pipeline.config.schema.pipeline import (
    BusinessConfig,
    ClvConfig,
    EngineConfig,
    ExpectationConfig,
    FeaturesConfig,
    ModelsConfig,
    PipelineConfig,
    QualityConfig,
    Region,
    RunConfig,
    SparkConfig,
)
from segmentation_pipeline.config.schema.predictions import PredictionsConfig, PredictiveModel
from segmentation_pipeline.config.schema.privacy import NotAnOptOut, PrivacyConfig
from segmentation_pipeline.config.schema.project import Config
from segmentation_pipeline.config.schema.segmentations import Cross, RuleSegment, Segmentation
from segmentation_pipeline.config.schema.sources import ColumnMapping, CsvOptions, FillDown, SourceConfig, SourcesConfig
from segmentation_pipeline.config.schema.triggers import DependsOn, TriggerConfig
from segmentation_pipeline.config.schema.uplift import ModelsFile, UpliftEntry

__all__ = [
    "FORMS",
    "AudienceProfile",
    "BirthdayOccasion",
    "BusinessConfig",
    "Campaign",
    "CampaignArm",
    "CampaignMeasurement",
    "CampaignsConfig",
    "Cap",
    "ClustersConfig",
    "ClvConfig",
    "ColumnMapping",
    "Config",
    "ConstructConfig",
    "Cross",
    "CsvOptions",
    "DatesOccasion",
    "Decision",
    "DependsOn",
    "DestinationConfig",
    "DestinationsConfig",
    "EngineConfig",
    "ExpectationConfig",
    "Experiment",
    "ExtensionConfig",
    "FairnessConfig",
    "FeaturesConfig",
    "FillDown",
    "FixedText",
    "HolidayOccasion",
    "IdentityConfig",
    "Labelled",
    "ListColumn",
    "Model",
    "ModelsConfig",
    "ModelsFile",
    "MonthDaysOccasion",
    "MonthsOccasion",
    "Name",
    "NotAnOptOut",
    "Observance",
    "Occasion",
    "OccasionEvidence",
    "Origin",
    "Outcome",
    "PipelineConfig",
    "PredictionsConfig",
    "PredictiveModel",
    "PrivacyConfig",
    "QualityConfig",
    "Region",
    "Repeat",
    "RuleSegment",
    "RuleText",
    "RunConfig",
    "Segmentation",
    "Share",
    "SourceConfig",
    "SourcesConfig",
    "SparkConfig",
    "SurveyClassesConfig",
    "TriggerConfig",
    "UpliftEntry",
    "Waiver",
    "YearlyOccasion",
    "known_timezone",
]
