"""Is a file's content of the shape its model asks for?  Pydantic's findings in plain words.

The words for what is allowed come from the model's own annotations, so they cannot drift from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of, shown
from segmentation_pipeline.config.field_docs import FieldDoc, follow
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile

Shape = TypeVar("Shape", bound=BaseModel)


def validated(file: YamlFile, model: type[Shape]) -> tuple[Shape | None, list[Diagnostic]]:
    """The file's data as ``model``, or every way in which it does not fit."""
    if file.data is None:
        hint = "delete the file to take the defaults" if file.path.name != "sources.yaml" else None
        return None, [file.problem((), "an empty file", FieldDoc(model).words, hint)]
    if not isinstance(file.data, Mapping):
        return None, [file.problem((), f"{shown(file.data)} as the whole file", FieldDoc(model).words)]
    try:
        # JSON mode is the strict one that still knows lists and days: true is no number, 5 is no text.
        return model.model_validate_json(json.dumps(file.data), strict=True), []
    except ValidationError as error:
        return None, _distinct([(_problem(file, model, detail), detail["type"]) for detail in error.errors()])


def _distinct(found: list[tuple[Diagnostic, str]]) -> list[Diagnostic]:
    """Each problem once.  Where several shapes were tried in vain for a value, the one that came furthest counts; a list
    is not too short when it is an item that is wrong."""
    distinct = {(problem.key_path, problem.found): (problem, kind) for problem, kind in found}.values()
    paths = {problem.key_path for problem, _ in distinct}

    def is_outdone(problem: Diagnostic) -> bool:
        return any(path.startswith((f"{problem.key_path}.", f"{problem.key_path}[")) for path in paths)

    return [problem for problem, kind in distinct if not (kind.endswith(("_type", "too_short")) and is_outdone(problem))]


def _problem(file: YamlFile, model: type[BaseModel], detail: ErrorDetails) -> Diagnostic:
    path, slot = follow(FieldDoc(model), detail["loc"])
    value, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return file.problem(path[:-1], f"no key '{path[-1]}'", f"{path[-1]}: {slot.words}" if slot else "")
        case "extra_forbidden":
            parent = follow(FieldDoc(model), detail["loc"][:-1])[1]
            keys = parent.keys if parent else ()
            return file.problem(path, f"the unknown key '{path[-1]}'", one_of(keys, "key"), did_you_mean(str(path[-1]), keys))
        case "union_tag_not_found":
            return file.problem(path, f"no key '{_discriminator(context)}'", _tags(slot))
        case "union_tag_invalid":
            tag, hint = str(context["tag"]), did_you_mean(str(context["tag"]), slot.tags if slot else ())
            return file.problem((*path, _discriminator(context)), shown(tag), _tags(slot), hint)
        case "value_error":
            return file.problem(path, str(context["error"]), "", _timezone_hint(path, value))
    if path and detail["loc"][-1] == "[key]":
        value = path[-1]
    hint = did_you_mean(value, slot.choices) if slot and isinstance(value, str) else None
    return file.problem(path, shown(value), slot.words if slot else "", hint)


def _discriminator(context: dict[str, Any]) -> str:
    return str(context["discriminator"]).strip("'")


def _tags(slot: FieldDoc | None) -> str:
    return one_of(slot.tags) if slot else ""


def _timezone_hint(path: KeyPath, value: object) -> str | None:
    from zoneinfo import available_timezones

    return did_you_mean(str(value), available_timezones()) if path and path[-1] == "timezone" else None
