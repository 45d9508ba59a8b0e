"""The whole configuration of a project."""

from __future__ import annotations

from pydantic import Field, SerializeAsAny, computed_field, field_validator

from segmentation_pipeline.config.schema.audience_profiles import AudienceProfile
from segmentation_pipeline.config.schema.base import Model
from segmentation_pipeline.config.schema.campaign_measurement import Experiment
from segmentation_pipeline.config.schema.campaigns import Campaign
from segmentation_pipeline.config.schema.decision import Decision
from segmentation_pipeline.config.schema.pipeline import PipelineConfig
from segmentation_pipeline.config.schema.predictions import PredictiveModel
from segmentation_pipeline.config.schema.privacy import PrivacyConfig
from segmentation_pipeline.config.schema.segmentations import Segmentation
from segmentation_pipeline.config.schema.sources import SourceConfig
from segmentation_pipeline.config.schema.uplift import UpliftEntry
from segmentation_pipeline.contracts.sources import SOURCES, Reference, Source

SAYS_NO = ("consents", "suppressions", "restrictions", "merge_decisions")
"""Sources whose rows may be a no, or a decision about who is who: none of them is left out for its age or its key."""


class Config(Model):
    """The whole configuration of a project."""

    # With the keys that kinds of landings and destinations brought.
    sources: dict[str, SerializeAsAny[SourceConfig]]
    pipeline: SerializeAsAny[PipelineConfig]
    privacy: PrivacyConfig
    segmentations: dict[str, SerializeAsAny[Segmentation]]
    """Of the kinds of ``segmentations/kinds``: this room knows none, and keeps what was read as one."""
    # With the keys that triggers brought.
    campaigns: dict[str, SerializeAsAny[Campaign]]
    decision: Decision = Decision()
    audience_profiles: dict[str, AudienceProfile] = Field(default_factory=dict)
    """Those that campaigns name: what they say decides what is written."""
    experiments: dict[str, Experiment] = Field(default_factory=dict)
    predictions: dict[str, PredictiveModel] = Field(default_factory=dict)
    uplift: dict[str, UpliftEntry] = Field(default_factory=dict)

    @field_validator("sources")
    @classmethod
    def _nobody_anywhere(cls, sources: dict[str, SourceConfig]) -> dict[str, SourceConfig]:
        """What stands for nobody in one source does in every other that names customers, but for those that may say no."""
        words = dict.fromkeys(word for source in sources.values() for word in source.anonymous if word.strip())
        derived = sources["orders"].derive_from if "orders" in sources else None
        spread = {
            name: source.model_copy(update={"anonymous": tuple(dict.fromkeys([*source.anonymous, *words]))})
            for name, source in sources.items()
            if name in SOURCES and "customer_id" in SOURCES[name].names and name not in SAYS_NO and name != derived
        }
        return sources | spread if words else sources

    def campaign_key(self, name: str) -> str:
        """The key of a configured campaign: who it is, whatever it is called."""
        return self.campaigns[name].key_under(name)

    @computed_field  # type: ignore[prop-decorator]  # results depend on it, so a hash of the configuration must know it
    @property
    def campaigns_by_priority(self) -> tuple[str, ...]:
        """The names of the campaigns, first those with a ``priority``; equal ones and all others in the order of the file."""
        given = {name: campaign.priority for name, campaign in self.campaigns.items()}
        return tuple(sorted(given, key=lambda name: (given[name] is None, given[name] or 0)))

    @property
    def campaign_names(self) -> tuple[str, ...]:
        """The names campaigns have, and those they had."""
        return tuple(dict.fromkeys(label for name, c in self.campaigns.items() for label in (name, *c.formerly)))

    @property
    def campaign_keys(self) -> dict[str, str]:
        """To every name a configured campaign has or had, and to its key, the key; a present name counts before others."""
        keys = {name: campaign.key_under(name) for name, campaign in self.campaigns.items()}
        former = {label: keys[name] for name, campaign in self.campaigns.items() for label in campaign.formerly}
        return {key: key for key in keys.values()} | former | keys

    @property
    def stored_campaign_keys(self) -> dict[str, str]:
        """What a key that was written down on an earlier day is today: another one where a key was given since."""
        keys = set(self.campaign_keys.values())
        return {label: key for label, key in self.campaign_keys.items() if label not in keys}

    def contract(self, source: str) -> Source:
        """The contract of a source as this configuration has it: with the limit of its amounts and the names it gives.

        Names are those of arms of campaigns and experiments, and those that values of a ``nameable`` column are given.
        """
        found = SOURCES[source].with_max_amount(self.pipeline.quality.max_amount)
        nameable = {column.name for column in found.columns if column.nameable}
        if not nameable:
            return found
        mapped = (mapping for name, mapping in self.sources[source].columns.items() if name in nameable)
        given = (meaning.strip().lower() for mapping in mapped for meaning in mapping.values.values() if meaning)
        arms = [arm for campaign in self.campaigns.values() for arm in campaign.arms]
        arms += [arm for experiment in self.experiments.values() for arm in experiment.planned]
        return found.with_names((*given, *arms))

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

    def references(self, source: Source) -> tuple[Reference, ...]:
        """What the rows of ``source`` must refer to in this configuration, or are refused."""
        if self.sources[source.name].unknown_references == "keep":
            return ()
        derives_orders = self.sources["orders"].derive_from == source.name
        return tuple(
            reference
            for reference in source.references
            if reference.to_source in self.sources and not (derives_orders and reference.to_source == "orders")
        )
