"""Do campaigns and their rules name columns and segments that exist?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.features.available_columns import NUMERIC, Catalog
from segmentation_pipeline.rules.problems import calculation_problems, rule_problems
from segmentation_pipeline.rules.vocabulary import vocabulary
from segmentation_pipeline.values.ledger_words import PURPOSES


def campaign_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
    """Audience rules and rankings over features, model scores and segmentations."""
    known = vocabulary(catalog.columns, config.segmentations, catalog.unavailable)
    for name, campaign in config.campaigns.items():
        path: KeyPath = ("campaigns", name)
        yield from rule_problems(campaign.audience, known, file, (*path, "audience"))
        if campaign.value is not None:
            yield from calculation_problems(campaign.value, known, file, (*path, "value"))
        if wrong := catalog.missing(campaign.rank_by, NUMERIC, "numeric"):
            yield file.problem((*path, "rank_by"), *wrong)
        if campaign.one_per == "household" and not config.has("identities"):
            hint = "it tells who lives together; without it choose address or person"
            yield file.problem((*path, "one_per"), "one list entry per household", "source 'identities' beside it", hint)
        purposes = (*PURPOSES, *config.privacy.purposes)
        if campaign.purpose not in purposes:
            hint = did_you_mean(campaign.purpose, purposes) or "declare it in privacy.yaml, purposes"
            found = f"the unknown purpose '{campaign.purpose}'"
            yield file.problem((*path, "purpose"), found, one_of(purposes, "purpose"), hint)
