"""The keys of the configuration's models as sections of a page: what the pages of the reference share.

Keys, what may stand under them and defaults come from the models themselves, their meaning from the models' own
descriptions.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from segmentation_pipeline.config.field_docs import FieldDoc

_NAMES = {"columns": "COLUMN"}
"""What stands for the names people choose, in the path of a key; ``NAME`` under all other keys."""
_TABLE = "| key | what may stand there | left out |\n|---|---|---|\n"


@dataclass(frozen=True, slots=True)
class Section:
    """A model and the first path it stands under; ``[]`` in it is each item of a list.

    ``chosen_by`` is the key with its value that chooses the model among others, such as ``kind: yearly``.  ``shared`` is the
    model of the keys that these have in common, which has a section of its own; there ``tags`` are the values by that key.
    """

    path: str
    model: type[BaseModel]
    chosen_by: str = ""
    shared: type[BaseModel] = BaseModel
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"`{self.path}`" + (f" with `{self.chosen_by}`" if self.chosen_by else "")

    @property
    def anchor(self) -> str:
        """What GitHub and the site name the heading."""
        return re.sub(r"[^\w\- ]", "", self.title.lower()).replace(" ", "-")

    @property
    def keys(self) -> dict[str, FieldInfo]:
        """The keys it is about: not those that are shared, nor the one it is chosen by."""
        elsewhere = {*FieldDoc(self.shared).fields, self.chosen_by.partition(":")[0]}
        return {key: found for key, found in FieldDoc(self.model).fields.items() if key not in elsewhere}

    @property
    def prose(self) -> str:
        """The model's description, and those of its bases that tell of keys it says nothing of."""
        text = _prose(self.model)
        for base in self.model.mro()[1:-1]:
            more = _prose(base)
            if any(tells_of(more, key) and not tells_of(text, key) for key in self.keys):
                text += f"\n\n{more}"
        return text.strip()


def tells_of(prose: str, key: str) -> bool:
    """Whether a description names the key."""
    return f"`{key}`" in prose or f"`{key}:" in prose


def sections(path: str, slot: FieldDoc) -> list[Section]:
    """Every model that may stand at ``path`` and below it, each once, under its shortest path and before those inside of it."""
    placed = waiting = list(within(path, slot))
    while waiting:
        section, *waiting = waiting
        below = [
            inner
            for key, each in section.keys.items()
            for inner in within(_below(section.path, key), FieldDoc.of_field(each), section.chosen_by)
        ]
        known = {each.model for each in placed}
        fresh = list({each.model: each for each in reversed(below) if each.model not in known}.values())[::-1]
        behind = placed.index(section) + 1
        placed = [*placed[:behind], *fresh, *placed[behind:]]
        waiting += fresh
    return placed


def within(path: str, slot: FieldDoc, chosen_by: str = "") -> Iterator[Section]:
    """The models that may stand in a slot, as sections."""
    if slot.tags:
        shared = _shared([each.annotation for each in slot.tags.values()])
        if shared is not BaseModel:
            yield Section(path, shared, tags={str(slot.discriminator): tuple(slot.tags)})
        for tag, each in slot.tags.items():
            yield Section(path, each.annotation, f"{slot.discriminator}: {tag}", shared)
        return
    for each in slot.alternatives:
        origin, arguments = get_origin(each.annotation), get_args(each.annotation)
        if each.fields:
            yield Section(path, each.annotation, chosen_by)
        elif origin is dict:
            name = _NAMES.get(path.rpartition(".")[2], "NAME")
            yield from within(_below(path, name), FieldDoc.of(arguments[1]), chosen_by)
        elif origin is tuple:
            yield from within(f"{path}[]", FieldDoc.of(arguments[0]), chosen_by)


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _shared(models: Sequence[type[BaseModel]]) -> type[BaseModel]:
    """The model that declares the keys all of ``models`` have; ``BaseModel`` where they have none in common."""
    nearest = next(base for base in models[0].mro() if all(issubclass(model, base) for model in models))
    keys = FieldDoc(nearest).fields.keys()
    return [base for base in nearest.mro() if issubclass(base, BaseModel) and FieldDoc(base).fields.keys() == keys][-1]


def section_text(section: Section, of_page: Sequence[Section], level: int = 2) -> str:
    """The section under its heading."""
    return f"{'#' * level} {section.title}\n\n{section_body(section, of_page)}"


def section_body(section: Section, of_page: Sequence[Section]) -> str:
    """What the model is, and a row for each key; a key whose value has keys of its own leads to their section of the page."""
    anchors = {each.model: each.anchor for each in reversed(of_page)}
    rows = "".join(_row(section, key, each, anchors) for key, each in section.keys.items())
    return "\n\n".join(part for part in (section.prose, _TABLE + rows if rows else "") if part).rstrip("\n") + "\n\n"


def _row(section: Section, key: str, info: FieldInfo, anchors: Mapping[type[BaseModel], str]) -> str:
    inner = [anchors[each.model] for each in within("", FieldDoc.of_field(info)) if each.model in anchors]
    more = f" ([keys](#{inner[0]}))" if inner else ""
    return f"| `{key}` | {cell(_one_of(section.tags[key]) if key in section.tags else _words(info))}{more} | {_default(info)} |\n"


def cell(text: str) -> str:
    """A text as a cell of a table, in which a bar would end it."""
    return text.replace("|", "\\|").replace("\n", " ")


def _prose(model: type[BaseModel]) -> str:
    text = inspect.cleandoc(model.__dict__.get("__doc__") or "").partition("\n>>> ")[0]
    return re.sub(r"``([^`]*)``", r"`\1`", text.strip())


def _words(info: FieldInfo) -> str:
    slot = FieldDoc.of_field(info)
    return _one_of(slot.choices) if slot.choices and not slot.description and len(slot.alternatives) == 1 else slot.words


def _one_of(choices: Sequence[str]) -> str:
    return "one of " + ", ".join(f"`{choice}`" if choice else "nothing" for choice in choices)


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined or value is None or isinstance(value, BaseModel) or value in ({}, (), ""):
        return ""
    return f"`{_yaml(value)}`"


def _yaml(value: object) -> str:
    """A default as it would be written in the file."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else value.isoformat() if isinstance(value, date) else cell(str(value))
