"""The reference of everything that may be said about a source, as the page ``docs/reference/source_keys.md``.

Keys, what may stand under them and defaults come from the models themselves, their meaning from the models' own
descriptions, and the columns of each source from its contract.  Write the page anew with

    python -m segmentation_pipeline.project.reference > docs/reference/source_keys.md
"""

from __future__ import annotations

import sys

from segmentation_pipeline.config.field_docs import FieldDoc
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.sources.base import Source
from segmentation_pipeline.landing.catalog import source_model
from segmentation_pipeline.project.key_sections import Section, cell, section_text, sections

_HEAD = """# Everything that may be said about a source

Generated from the configuration's schema (`segmentation_pipeline/project/reference.py`): what stands here is what loads. How to
use it: [your data](../your_data.md), [sources](../sources.md).

"""


def source_sections() -> list[Section]:
    """Every model below ``sources.SOURCE``."""
    return sections("sources.SOURCE", FieldDoc(source_model()))


def source_keys() -> str:
    """The page."""
    found = source_sections()
    parts = [_HEAD, *(section_text(section, found) for section in found)]
    parts.append("## The columns of each source\n\nA column in **bold** must be there.\n\n")
    parts += [_columns(source) for source in SOURCES.values()]
    return "".join(parts).rstrip("\n") + "\n"


def _columns(source: Source) -> str:
    lines = [f"### `{source.name}`\n\n| column | type | meaning |\n|---|---|---|\n"]
    for column in source.columns:
        name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
        lines.append(f"| {name} | {column.type.value} | {cell(column.description)} |\n")
    return "".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(source_keys())
