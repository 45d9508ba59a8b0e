"""The sources of a profile once what it asks is answered, and the one rule by which mappings are laid over each other."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from typing import Any

from segmentation_pipeline.config.diagnostics import one_of
from segmentation_pipeline.profiles.schema import Choice, Profile

_ORIGINS = ("from", "first_of", "expression", "from_row", "value")
"""Where a column comes from: it has one of them."""


def answered(profile: Profile, answers: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """The sources as ``sources.yaml`` would have them; a choice without an answer leaves them as the profile has them."""
    sources = {name: copy.deepcopy(dict(settings)) for name, settings in profile.sources.items()}
    for key, choice in profile.choices.items():
        if key not in answers:
            continue
        if choice.options:
            for name, change in choice.options[answers[key]].sources.items():
                sources[name] = merged(sources.get(name, {}), change)
        else:
            sources = {name: _filled(settings, f"{{{key}}}", answers[key]) for name, settings in sources.items()}
    return sources


def choices_of(profile: Profile, source: str) -> dict[str, Choice]:
    """The choices that change what ``source`` is."""
    return {
        key: choice
        for key, choice in profile.choices.items()
        if any(source in option.sources for option in choice.options.values())
        or _has(profile.sources.get(source, {}), f"{{{key}}}")
    }


def wrong_answer(choice: Choice, answer: object) -> str | None:
    """What an answer must be that is none; None when it is one."""
    if choice.options:
        return None if answer in choice.options else one_of(list(choice.options), "answer")
    if choice.kind == "day":
        try:
            date.fromisoformat(str(answer))
        except ValueError:
            return "a day such as 2024-01-31"
        return None
    return None if isinstance(answer, str) and answer.strip() else "a text"


def merged(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """``above`` laid over ``below``: mappings are merged key by key, anything else replaces, nothing (null) takes a key out.

    Of a column whose origin is said above (``from``, ``first_of``, ``expression``, ``from_row``, ``value``) the one below goes.

    >>> merged({"columns": {"amount": "Total", "channel": "Source"}}, {"columns": {"amount": {"format": "x"}, "channel": None}})
    {'columns': {'amount': {'from': 'Total', 'format': 'x'}}}
    >>> merged({"columns": {"amount": {"from": "Total", "number": {}}}}, {"columns": {"amount": {"value": "1"}}})
    {'columns': {'amount': {'number': {}, 'value': '1'}}}
    """
    made = dict(below)
    for key, value in above.items():
        old = made.get(key)
        if value is None:
            made.pop(key, None)
        elif key == "columns" and isinstance(old, Mapping) and isinstance(value, Mapping):
            made[key] = _columns(old, value)
        elif isinstance(old, Mapping) and isinstance(value, Mapping):
            made[key] = merged(old, value)
        else:
            made[key] = value
    return made


def _columns(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    made = dict(below)
    for column, mapping in above.items():
        old = made.get(column)
        if isinstance(mapping, Mapping) and old is not None and not isinstance(old, list):
            old = old if isinstance(old, Mapping) else {"from": old}
            if any(origin in mapping for origin in _ORIGINS):
                old = {key: value for key, value in old.items() if key not in (*_ORIGINS, "separator")}
            made[column] = merged(old, mapping)
        elif mapping is None:
            made.pop(column, None)
        else:
            made[column] = mapping
    return made


def _filled(value: Any, mark: str, text: str) -> Any:
    """``value`` with ``text`` wherever ``mark`` stands in it."""
    match value:
        case dict():
            return {_filled(key, mark, text): _filled(inner, mark, text) for key, inner in value.items()}
        case list():
            return [_filled(inner, mark, text) for inner in value]
        case str():
            return value.replace(mark, text)
    return value


def _has(value: Any, mark: str) -> bool:
    match value:
        case Mapping():
            return any(_has(key, mark) or _has(inner, mark) for key, inner in value.items())
        case list():
            return any(_has(inner, mark) for inner in value)
        case str():
            return mark in value
    return False
