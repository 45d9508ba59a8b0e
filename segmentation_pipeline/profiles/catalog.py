"""The profiles there are, and which of them an export is."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

from segmentation_pipeline.config.mistakes import ConfigError
from segmentation_pipeline.config.shapes import validated
from segmentation_pipeline.config.yaml_file import read_yaml
from segmentation_pipeline.profiles.schema import Profile, Signature

FOLDER = Path(__file__).parent
_NEAR = 0.6


@cache
def profiles() -> dict[str, Profile]:
    """Every profile by its name, which is that of its file.  Raises ``ConfigError`` for one that is none."""
    found, problems = {}, []
    for path in sorted(FOLDER.glob("*.yaml")):
        file = read_yaml(path)
        profile, wrong = validated(file, Profile)
        problems += [*file.problems, *wrong]
        if profile is not None:
            found[path.stem] = profile
    if problems:
        raise ConfigError(problems)
    return found


def fitting(header: Collection[str]) -> list[str]:
    """The profiles whose signature a file with these columns bears."""
    return [name for name, profile in profiles().items() if _bears(header, profile.signature)]


def _bears(header: Collection[str], signature: Signature) -> bool:
    there = set(header)
    return (
        there.issuperset(signature.all)
        and (not signature.any or not there.isdisjoint(signature.any))
        and there.isdisjoint(signature.none)
    )


def nearly(header: Collection[str]) -> tuple[str, list[str]] | None:
    """The profile most of whose columns a file has, with those it lacks; None when there is none like that."""
    near = []
    for name, profile in profiles().items():
        missing = [column for column in profile.signature.all if column not in header]
        if not profile.signature.none or set(header).isdisjoint(profile.signature.none):
            near.append((1 - len(missing) / len(profile.signature.all), name, missing))
    share, name, missing = max(near, key=lambda one: (one[0], one[1]))
    return (name, missing) if share >= _NEAR and missing else None
