"""The reference of everything that may be said about a source, as the page ``docs/reference/source_keys.md``.

Keys, what may stand under them and defaults come from the models themselves, their meaning from the models' own
descriptions, and the columns of each source from its contract.  Write the page anew with

    python -m segmentation_pipeline.project.reference > docs/reference/source_keys.md
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from segmentation_pipeline.config.field_docs import FieldDoc
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.sources.base import Source
from segmentation_pipeline.landing.catalog import source_model

_HEAD = """# Everything that may be said about a source

Generated from the configuration's schema (`segmentation_pipeline/project/reference.py`): what stands here is what loads. How to
use it: [your data](../your_data.md), [sources](../sources.md).

"""
_NAMES = {"columns": "COLUMN", "lookup": "NAME"}
"""What stands for the names people choose, in the path of a key."""


def models() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every model below ``sources.SOURCE`` with the first path it stands under, outer ones first."""
    waiting: list[tuple[str, type[BaseModel]]] = [("sources.SOURCE", source_model())]
    seen: set[type[BaseModel]] = set()
    while waiting:
        path, model = waiting.pop(0)
        if model in seen:
            continue
        seen.add(model)
        yield path, model
        for name, field in FieldDoc(model).fields.items():
            waiting += [(f"{path}.{name}{inside}", found) for inside, found in _within(FieldDoc.of_field(field), name)]


def _within(slot: FieldDoc, name: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models that may stand in a slot."""
    for each in slot.alternatives:
        if each.fields:
            yield "", each.annotation
        elif get_origin(each.annotation) is dict:
            yield from (
                (f".{_NAMES.get(name, 'NAME')}", model) for _, model in _within(FieldDoc.of(get_args(each.annotation)[1]), name)
            )


def source_keys() -> str:
    """The page."""
    parts = [_HEAD]
    for path, model in models():
        parts.append(f"## `{path}`\n\n{_prose(model)}\n\n| key | what may stand there | left out |\n|---|---|---|\n")
        parts += [f"| `{name}` | {_words(field)} | {_default(field)} |\n" for name, field in FieldDoc(model).fields.items()]
        parts.append("\n")
    parts.append("## The columns of each source\n\nA column in **bold** must be there.\n\n")
    parts += [_columns(source) for source in SOURCES.values()]
    return "".join(parts).rstrip("\n") + "\n"


def _prose(model: type[BaseModel]) -> str:
    text = inspect.cleandoc(model.__doc__ or "").partition("\n>>> ")[0]
    return re.sub(r"``([^`]*)``", r"`\1`", text.strip())


def _words(field: FieldInfo) -> str:
    slot = FieldDoc.of_field(field)
    if slot.choices and not slot.description:
        return "one of " + ", ".join(f"`{choice}`" if choice else "nothing" for choice in slot.choices)
    return _cell(slot.words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined or value is None or isinstance(value, BaseModel) or value in ({}, ()):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _columns(source: Source) -> str:
    lines = [f"### `{source.name}`\n\n| column | type | meaning |\n|---|---|---|\n"]
    for column in source.columns:
        name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
        lines.append(f"| {name} | {column.type.value} | {_cell(column.description)} |\n")
    return "".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(source_keys())
