"""Is each item of a survey in one construct, or a feature, once?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.features.survey import answer_column


def construct_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Items that would share a column."""
    settings = config.pipeline.features
    listed: list[tuple[KeyPath, str]] = [
        (("features", "choice_items", place), item) for place, item in enumerate(settings.choice_items)
    ]
    for name, construct in settings.constructs.items():
        listed += [(("features", "constructs", name, "items", place), item) for place, item in enumerate(construct.items)]
    first: dict[str, str] = {}
    for path, item in listed:
        column = answer_column(item)
        if column in first:
            found = f"the item '{item}', whose column {column} item '{first[column]}' has"
            yield file.problem(path, found, "each item once, under names that differ in letters or digits")
        first.setdefault(column, item)
