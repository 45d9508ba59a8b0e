"""Names are labels and keys are identity: two things never share a key, and a former name is nobody's present one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config, Labelled
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile


def campaign_label_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Keys and former names of campaigns."""
    places: dict[str, KeyPath] = {name: ("campaigns", name) for name in config.campaigns}
    yield from _problems("campaign", list(config.campaigns.items()), places, file)


def segmentation_label_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Keys and former names of segmentations, and of the segments of each."""
    places: dict[str, KeyPath] = {name: ("segmentations", name) for name in config.segmentations}
    yield from _problems("segmentation", list(config.segmentations.items()), places, file)
    for name, segmentation in config.segmentations.items():
        listed = segmentation.labelled()
        inside: dict[str, KeyPath] = {
            segment: ("segmentations", name, "segments", place) for place, (segment, _) in enumerate(listed)
        }
        yield from _problems("segment", listed, inside, file)


def _problems(
    what: str, things: Sequence[tuple[str, Labelled]], places: Mapping[str, KeyPath], file: YamlFile
) -> Iterator[Diagnostic]:
    names = {name for name, _ in things}
    owners: dict[str, str] = {}  # of every key and former name seen so far
    for name, thing in things:
        mine = {thing.key_under(name), *thing.formerly}
        for place, former in enumerate(thing.formerly):
            where = (*places[name], "formerly", place)
            if former == name:
                yield file.problem(where, f"the former name '{former}', which is its name now", "a name it no longer has")
            elif former in names:
                found = f"the former name '{former}', which is still the name of a {what}"
                yield file.problem(where, found, "a name that is no longer used", f"rename or remove the {what} '{former}'")
            elif former in thing.formerly[:place]:
                yield file.problem(where, f"the former name '{former}' a second time", "each name once")
            elif former in owners:
                found = f"the former name '{former}', which '{owners[former]}' has as well"
                yield file.problem(where, found, f"one {what} that was called so")
        if thing.key is not None:
            where = (*places[name], "key")
            if thing.key in names - {name} and _key(things, thing.key) == thing.key:
                found = f"the key '{thing.key}', which is the key of the {what} '{thing.key}'"
                yield file.problem(where, found, f"a key of its own for each {what}")
            elif thing.key in owners:
                found = f"the key '{thing.key}', which '{owners[thing.key]}' has as well"
                yield file.problem(where, found, f"a key of its own for each {what}")
        for label in mine:
            owners.setdefault(label, name)


def _key(things: Sequence[tuple[str, Labelled]], name: str) -> str:
    return next(thing.key_under(other) for other, thing in things if other == name)
