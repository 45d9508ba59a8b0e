"""Does what campaigns draw by, and whom they speak to, exist?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.features.available_columns import Catalog

_OF_FEW_VALUES = (Type.TEXT, Type.BOOLEAN, Type.INTEGER)
_MANY = "a column has as many strata as values: make tiers of it in segmentations.yaml"


def _competes(name: str, config: Config) -> str | None:
    """By what other campaigns decide whom this one contacts, and nobody of the control group; None = by nothing."""
    campaign, decision = config.campaigns[name], config.decision
    if sum(each.competes for each in config.campaigns.values()) < 2:
        return None
    if decision.by != "each":
        return f"people are shared among campaigns (decision.by: {decision.by})"
    if campaign.quiet_days:
        return f"contacts of other campaigns count (quiet_days: {campaign.quiet_days})"
    return "contacts of other campaigns count (decision.caps)" if decision.caps else None


def arm_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
    """Strata, languages and the global control group of campaigns."""
    segmentations = [name for name, segmentation in config.segmentations.items() if segmentation.is_exclusive]
    for name, campaign in config.campaigns.items():
        path: KeyPath = ("campaigns", name)
        if campaign.holdout == "global" and not config.decision.global_holdout_share:
            wanted = "'decision: {global_holdout_share: 0.05}' in the same file, or 'holdout: campaign'"
            yield file.problem((*path, "holdout"), "'global', and there is no global control group", wanted)
        elif campaign.holdout == "global" and (how := _competes(name, config)):
            wanted = "'holdout: campaign': whom no campaign contacts would be chosen by another rule than those who are"
            yield file.problem((*path, "holdout"), f"'global', and {how}", wanted)
        if campaign.languages and (wrong := catalog.missing("language", (Type.TEXT,), "text")):
            found, _, hint = wrong
            told = f"{found}, which tells who speaks them"
            yield file.problem((*path, "languages"), told, "a source customers that maps 'language'", hint)
        for place, column in enumerate(campaign.stratify_by):
            where = (*path, "stratify_by", place)
            if column in segmentations:
                continue
            if column in config.segmentations:
                found = f"the segmentation '{column}', in which a customer may have several segments"
                yield file.problem(where, found, one_of(segmentations, "segmentation"))
            elif column in catalog.columns and catalog.columns[column].type not in _OF_FEW_VALUES:
                found = f"the column '{column}', which is of type {catalog.columns[column].type}"
                yield file.problem(where, found, "a text, a truth value or a whole number", _MANY)
            elif column not in catalog.columns:
                known = [*segmentations, *(c.name for c in catalog.columns.values() if c.type in _OF_FEW_VALUES)]
                why = catalog.unavailable.get(column)
                found = f"the column '{column}', which is not available: {why}" if why else f"the unknown column '{column}'"
                hint = None if why else did_you_mean(column, known)
                yield file.problem(where, found, one_of(known, "column or segmentation"), hint)
