"""A slot is a place in the configuration models: what may stand there, in words.

Belongs here: reading type annotations.  Does not belong here: files and their lines.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from segmentation_pipeline.config.diagnostics import one_of
from segmentation_pipeline.config.yaml_file import KeyPath

_PLAIN: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a day such as 2024-01-31",
    object: "any value",
}


@dataclass(frozen=True)
class FieldDoc:
    """A type annotation with its limits (``metadata``, as pydantic keeps them) and description."""

    annotation: Any
    metadata: tuple[Any, ...] = ()
    description: str | None = None
    discriminator: str | None = None

    @classmethod
    def of(cls, annotation: Any) -> FieldDoc:
        """The slot of an annotation, with what ``Annotated`` says about it."""
        if get_origin(annotation) is not Annotated:
            return cls(annotation)
        inner, *notes = get_args(annotation)
        info = next((note for note in notes if isinstance(note, FieldInfo)), FieldInfo())
        discriminator = info.discriminator if isinstance(info.discriminator, str) else None
        return cls(inner, tuple(info.metadata), info.description, discriminator)

    @classmethod
    def of_field(cls, field: FieldInfo) -> FieldDoc:
        inner = cls.of(field.annotation)
        metadata = (*inner.metadata, *field.metadata)
        told_apart_by = field.discriminator if isinstance(field.discriminator, str) else inner.discriminator
        return cls(inner.annotation, metadata, field.description or inner.description, told_apart_by)

    @property
    def alternatives(self) -> list[FieldDoc]:
        """The slots of a union (without None); the slot itself when it is none."""
        if get_origin(self.annotation) not in (Union, types.UnionType):
            return [self]
        return [FieldDoc.of(each) for each in get_args(self.annotation) if each is not types.NoneType]

    @property
    def fields(self) -> dict[str, FieldInfo]:
        """The fields of a model by the name used in YAML."""
        if not (isinstance(self.annotation, type) and issubclass(self.annotation, BaseModel)):
            return {}
        return {field.alias or name: field for name, field in self.annotation.model_fields.items()}

    @property
    def keys(self) -> list[str]:
        return [name for slot in self.alternatives for name in slot.fields]

    @property
    def tags(self) -> dict[str, FieldDoc]:
        """Of a union told apart by a key: the alternatives by that key's value."""
        if not self.discriminator:
            return {}
        return {tag: slot for slot in self.alternatives for tag in get_args(slot.fields[self.discriminator].annotation)}

    @property
    def choices(self) -> Sequence[str]:
        """Of a closed list: the values that may stand here."""
        literals = [slot.annotation for slot in self.alternatives if get_origin(slot.annotation) is Literal]
        return [choice for annotation in literals for choice in get_args(annotation)]

    @property
    def words(self) -> str:
        """What may stand here, for a message."""
        if self.description:
            return self.description
        if self.discriminator:
            return f"a mapping with {self.discriminator}: " + ", ".join(self.tags)
        alternatives = self.alternatives
        if alternatives != [self]:
            return " or ".join(slot.words for slot in alternatives)
        if self.fields:
            return "a mapping with " + ("the key " if len(self.keys) == 1 else "keys such as ") + ", ".join(self.keys[:6])
        origin, arguments = get_origin(self.annotation), get_args(self.annotation)
        if origin is Literal:
            return one_of(arguments)
        if origin is tuple:
            return f"a list{self._limits('items')}, each item {FieldDoc.of(arguments[0]).words}"
        if origin is dict:
            return f"names, each with {FieldDoc.of(arguments[1]).words}"
        return _PLAIN[self.annotation] + self._limits("characters" if self.annotation is str else "")

    def _limits(self, unit: str) -> str:
        limits = {
            name: value
            for note in self.metadata
            for name in ("ge", "gt", "le", "lt", "min_length", "max_length")
            if (value := getattr(note, name, None)) is not None
        }
        if limits.keys() == {"min_length", "max_length"} and len(set(limits.values())) == 1:
            return f" of exactly {limits['min_length']} {unit.removesuffix('s') if limits['min_length'] == 1 else unit}"
        words = {
            "ge": "at least {}",
            "gt": "more than {}",
            "le": "at most {}",
            "lt": "less than {}",
            "min_length": f"at least {{}} {unit}",
            "max_length": f"at most {{}} {unit}",
        }
        said = [words[name].format(f"{value:g}" if isinstance(value, float) else value) for name, value in limits.items()]
        return (" of " if unit else ", ") + " and ".join(said) if said else ""


def follow(slot: FieldDoc, location: Sequence[str | int]) -> tuple[KeyPath, FieldDoc | None]:
    """The place in the file and the slot that a pydantic error location means.

    Locations also name the alternative of a union that was tried, which is no place in the file.
    """
    path: list[str | int] = []
    outer, current = slot, slot
    for part in location:
        if part == "[key]":
            return tuple(path), FieldDoc.of(get_args(outer.annotation)[0])
        if current.discriminator:
            current = current.tags[str(part)]
            continue
        mapping = next((each for each in current.alternatives if get_origin(each.annotation) is dict), current)
        if mapping is not current and current.alternatives != [current]:
            # The name of an alternative comes first, which is no key of the mapping that may stand here.
            if not str(part).startswith("dict["):
                return tuple(path), current
            current = FieldDoc(mapping.annotation, mapping.metadata, current.description)
            continue
        inside = [found for each in current.alternatives if (found := _inside(each, part))]
        if not inside and len(current.alternatives) > 1:
            continue  # the name of an alternative
        path.append(part)
        if not inside:
            return tuple(path), None
        outer, current = current, inside[0]
    return tuple(path), current


def _inside(slot: FieldDoc, part: str | int) -> FieldDoc | None:
    """The slot one step further in, if the step is possible."""
    if field := slot.fields.get(str(part)):
        return FieldDoc.of_field(field)
    origin, arguments = get_origin(slot.annotation), get_args(slot.annotation)
    if origin is dict:
        return FieldDoc.of(arguments[1])
    return FieldDoc.of(arguments[0]) if origin is tuple and isinstance(part, int) else None
