"""The mistakes of a rule in a file, told with the line they stand on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.rules.parse import RuleError
from segmentation_pipeline.rules.vocabulary import Vocabulary


def _share_columns(text: str) -> Iterator[tuple[str, str]]:
    """Names in a rule that are share columns, with the configuration key whose values have one."""
    for name, kind in re.findall(r"\b((category|channel)_share_\w+)", text):
        yield name, {"category": "features.categories", "channel": "features.channels"}[kind]


def rule_problems(text: str, known: Vocabulary, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
    """The mistakes of a rule that stands at ``path``."""
    return _problems(text, known, file, path, Vocabulary.parse)


def calculation_problems(text: str, known: Vocabulary, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
    """The mistakes of a calculation that stands at ``path``."""
    return _problems(text, known, file, path, Vocabulary.calculation)


def _problems(
    text: str, known: Vocabulary, file: YamlFile, path: KeyPath, parse: Callable[[Vocabulary, str], object]
) -> Iterator[Diagnostic]:
    shares = {
        name: f"its value must be listed in pipeline.yaml, {lists}"
        for name, lists in _share_columns(text)
        if name not in known.columns and name not in known.unavailable
    }
    try:
        parse(known.without(shares), text)
    except RuleError as error:
        for mistake in error.mistakes:
            where = f" (character {mistake.position} of the rule)" if mistake.position else ""
            yield file.problem(path, mistake.found + where, mistake.expected, mistake.suggestion)
