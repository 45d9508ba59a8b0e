"""The reference of the kinds of segmentations and their keys, as the page ``docs/reference/kinds.md``.

The examples are entries of a configuration that loads.  Write the page anew with

    python -m segmentation_pipeline.project.kind_reference examples/every_source/config > docs/reference/kinds.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from segmentation_pipeline.config.field_docs import FieldDoc
from segmentation_pipeline.project.configuration import SEGMENTATIONS, load_config
from segmentation_pipeline.project.key_sections import Section, cell, section_text, sections
from segmentation_pipeline.segmentations.kinds import SegmentationsConfig, kinds_of
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind

_HEAD = """# The kinds of segmentations

Generated from the kinds themselves (`segmentation_pipeline/project/kind_reference.py`): what stands here is what loads. How to
use them: [segmentations](../segmentations.md); what a rule may say: [rules](rules.md); a kind of your own:
[extending](../extending.md#a-kind-of-segmentation-one-file-its-test-one-line). The examples are entries of
[examples/every_source](../../examples/every_source/README.md), which a test runs.

"""


def kind_sections() -> list[Section]:
    """The section of what every kind has, then each kind with the sections of what stands inside of it."""
    _, *found = sections("", FieldDoc(SegmentationsConfig))
    return found


def kinds_page(folder: Path) -> str:
    """The page, with examples from the configuration in ``folder``."""
    examples = dict(_examples(folder))
    found = kind_sections()
    parts = [_HEAD, "| kind | segments |\n|---|---|\n", *map(_line, filter(_is_kind, found)), "\n"]
    for section in found:
        text = section_text(section, found)
        shown = "".join(f"```yaml\n{entry}\n```\n\n" for entry in examples.get(section.model, ()))
        parts.append(text + shown)
    return "".join(parts).rstrip("\n") + "\n"


def _is_kind(section: Section) -> bool:
    return issubclass(section.model, SegmentationKind)


def _line(section: Section) -> str:
    """The kind with the first sentence of its description."""
    first = re.split(r"(?<=\.)\s", section.prose)[0]
    return f"| [`{section.chosen_by.removeprefix('kind: ')}`](#{section.anchor}) | {cell(first)} |\n"


def _examples(folder: Path) -> Iterator[tuple[type, list[str]]]:
    """By kind the shortest entries of the file that together give every key of the kind that any entry gives."""
    entries = _entries((folder / SEGMENTATIONS).read_text(encoding="utf-8"))
    segmentations = kinds_of(load_config(folder).segmentations)
    own = {section.model: {*section.model.model_fields} - {*section.shared.model_fields} for section in kind_sections()}
    for model in dict.fromkeys(type(each) for each in segmentations.values()):
        names = sorted((name for name, each in segmentations.items() if type(each) is model), key=lambda name: len(entries[name]))
        shown, keys = [entries[names[0]]], segmentations[names[0]].model_fields_set
        for name in names[1:]:
            if fresh := (segmentations[name].model_fields_set & own[model]) - keys:
                shown.append(entries[name])
                keys = keys | fresh
        yield model, shown


def _entries(text: str) -> dict[str, str]:
    """Each entry of the file as it is written there."""
    _, *found = re.split(r"^  (?=[a-z]\w*:$)", text, flags=re.MULTILINE)
    return {entry.partition(":")[0]: _without_what_follows(entry) for entry in found}


def _without_what_follows(entry: str) -> str:
    """The entry without the comment above the next one."""
    first, *lines = entry.rstrip().split("\n")
    kept = [line.removeprefix("  ") for line in lines if not line.startswith("  #")]
    return "\n".join([first, *kept]).rstrip()


if __name__ == "__main__":
    sys.stdout.write(kinds_page(Path(sys.argv[1])))
