"""Rules that may be used and say nothing: told by ``segmentation check``, and stop no run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segmentation_pipeline.config.diagnostics import Diagnostic, shown
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile, read_yaml
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.project.configuration import CAMPAIGNS, SEGMENTATIONS
from segmentation_pipeline.rules.tautologies import EVERYBODY, always_holds
from segmentation_pipeline.rules.vocabulary import Vocabulary, vocabulary


def rule_warnings(config: Config, catalog: Catalog, folder: Path) -> Iterator[Diagnostic]:
    """The rules of segments and audiences that leave nobody out, and segments that nobody reaches for that.

    ``config`` is that of ``folder``, without mistakes."""
    known = vocabulary(catalog.columns, config.segmentations, catalog.unavailable)
    files = {name: read_yaml(folder / name) for name in (SEGMENTATIONS, CAMPAIGNS) if (folder / name).exists()}

    def told(file: YamlFile, path: KeyPath, rule: str) -> Iterator[Diagnostic]:
        if whom := always_holds(rule, known.columns, known.labels):
            yield file.problem(path, f"{shown(rule)}, which holds for {whom}", "", _hint(whom))

    for name, segmentation in config.segmentations.items():
        if not segmentation.labelled() or SEGMENTATIONS not in files:
            continue
        rules = segmentation.rules()
        for position, segment in enumerate(rules):
            path: KeyPath = ("segmentations", name, "segments", position, "when")
            yield from told(files[SEGMENTATIONS], path, segment.when)
            after = rules[position + 1 :]
            if segmentation.is_exclusive and after and _takes_all(segment.when, known):
                left = ", ".join(each.name for each in after)
                yield files[SEGMENTATIONS].problem(path, f"{shown(segment.when)} before others", "", f"nobody is left for {left}")
    for name, campaign in config.campaigns.items():
        if CAMPAIGNS in files:
            yield from told(files[CAMPAIGNS], ("campaigns", name, "audience"), campaign.audience)


def _takes_all(rule: str, known: Vocabulary) -> bool:
    return rule.strip().lower() == "true" or always_holds(rule, known.columns, known.labels) == EVERYBODY


def _hint(whom: str) -> str:
    if whom == EVERYBODY:
        return "write 'true' if everybody is meant"
    return "write 'is not null' if that is meant"
