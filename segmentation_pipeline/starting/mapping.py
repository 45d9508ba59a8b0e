"""A profile's sources for one export: what of it the file has, as ``sources.yaml`` takes it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.profiles.answers import answered
from segmentation_pipeline.profiles.schema import Profile
from segmentation_pipeline.rules.file_columns import asked_besides, origins_of
from segmentation_pipeline.starting.questions import Answers, Question


@dataclass(slots=True)
class Draft:
    """A source to be: its ``settings`` as in ``sources.yaml``, what is said above it, and why its columns are what they
    are; and the names of the ``files`` it is in."""

    name: str
    settings: dict[str, object]
    said: list[str] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)
    files: str = ""

    @property
    def columns(self) -> dict[str, object]:
        found = self.settings.get("columns")
        return found if isinstance(found, dict) else {}

    def config(self) -> SourceConfig:
        return SourceConfig.model_validate(
            {"files": "*", **self.settings} if "derive_from" not in self.settings else self.settings
        )


@dataclass(slots=True)
class Plan:
    """A project to be: its sources, what goes to ``business`` in ``pipeline.yaml``, and what each file was found to be.

    ``offered`` are the sources of each export, of which several may have one; ``taken_from`` says whose each source is."""

    drafts: dict[str, Draft] = field(default_factory=dict)
    business: dict[str, object] = field(default_factory=dict)
    recognised: dict[str, str] = field(default_factory=dict)
    limits: list[str] = field(default_factory=list)
    taken_from: dict[str, str] = field(default_factory=dict)
    offered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    headers: set[str] = field(default_factory=set)


def drafts(profile: Profile, headers: Sequence[Collection[str]], answers: Answers) -> list[Draft]:
    """The sources of ``profile`` in files with ``headers``.  Raises ``UserError`` naming the columns they lack."""
    sources = _answered(profile, answers)
    made: list[Draft] = []
    lacking: dict[str, list[str]] = {}
    for source, settings in sources.items():
        draft = Draft(source, settings)
        lacking |= _keep_what_is_there(draft, set.intersection(*map(set, headers)), set().union(*headers))
        made.append(draft)
    if lacking:
        told = "; ".join(f"{', '.join(map(repr, columns))} for {what}" for what, columns in lacking.items())
        raise UserError(
            f"the file is {profile.title} but has no column {told}. Export it with all columns, give renamed ones their names "
            f"back ({profile.documentation[0]}), or write config/sources.yaml yourself (docs/your_data.md)."
        )
    return made


def _answered(profile: Profile, answers: Answers) -> dict[str, dict[str, object]]:
    given = {}
    for key, choice in profile.choices.items():
        options = {answer: option.means for answer, option in choice.options.items()}
        answer = answers.take(Question(key, choice.question, "option" if options else choice.kind, options, choice.usual))
        if answer is not None:
            given[key] = answer
    return answered(profile, given)


def _keep_what_is_there(draft: Draft, header: Collection[str], somewhere: Collection[str]) -> dict[str, list[str]]:
    """Take out of ``draft`` what the files do not have all (``header``) or, where one of several columns is enough,
    ``somewhere``; what they must have and have not, by what needs it."""
    lacking: dict[str, list[str]] = {}
    contract, kept = SOURCES[draft.name], {}
    for column, ways in draft.columns.items():
        missing: list[str] = []
        listed = ways if isinstance(ways, list) else [ways]
        for way in listed:
            if way is None:
                continue
            way = _first_of_those(way, somewhere)
            enough = somewhere if isinstance(way, dict) and "first_of" in way else header
            missing = [origin for origin in _origins(draft.name, column, way) if origin not in enough]
            if not missing:
                kept[column] = way
                break
        else:
            declared = contract.column(column)
            needed = declared.required or declared.decides or column in contract.any_of
            if needed and None not in listed:
                lacking[f"{draft.name}.{column}"] = missing
            else:
                draft.said.append(f"Without {column}: this file has no column {', '.join(map(repr, missing))}.")
    if draft.columns:
        draft.settings["columns"] = kept
    if isinstance(conditions := draft.settings.get("skip_when"), dict):
        draft.settings["skip_when"] = {name: _possible(ways, header) for name, ways in conditions.items()}
    if not draft.settings.get("derive_from"):
        for place, column in asked_besides(draft.config()):
            if column not in header:
                lacking.setdefault(f"{draft.name}.{'.'.join(place)}", []).append(column)
    return lacking


def _possible(ways: object, header: Collection[str]) -> object:
    """Of several ways to put a condition the first whose columns are there."""
    if not isinstance(ways, list):
        return ways
    for way in ways:
        config = SourceConfig.model_validate({"files": "*", "skip_when": {"asked": way}})
        if all(column in header for _, column in asked_besides(config)):
            return way
    return ways[-1]


def _first_of_those(way: object, header: Collection[str]) -> object:
    """``first_of`` with the columns the file has."""
    if not (isinstance(way, dict) and isinstance(listed := way.get("first_of"), list)):
        return way
    there = [column for column in listed if column in header]
    if len(there) >= 2:
        return {**way, "first_of": there}
    rest = {key: value for key, value in way.items() if key != "first_of"}
    return {"from": (there or listed)[0], **rest} if rest else (there or listed)[0]


def _origins(source: str, column: str, way: object) -> tuple[str, ...]:
    config = SourceConfig.model_validate({"files": "*", "columns": {column: way}})
    return origins_of(source, config).get(column, ())
