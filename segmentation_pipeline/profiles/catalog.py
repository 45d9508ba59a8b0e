"""The profiles there are, and which of them an export is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.config.pydantic_errors import validated
from segmentation_pipeline.config.yaml_file import read_yaml
from segmentation_pipeline.profiles.checks import profile_problems
from segmentation_pipeline.profiles.schema import Profile, Signature

FOLDER = Path(__file__).parent
OWN = "profiles"
"""The folder beside a project's configuration with profiles of its own."""

_NEAR = 0.6

Profiles = Mapping[str, Profile]


@cache
def profiles(own: Path | None = None) -> Profiles:
    """Every profile by its name, which is that of its file; those in the folder ``own`` besides, and in place of others of
    their name.  Raises ``ConfigError`` with all that is wrong in them."""
    found, problems = {}, []
    for path in [*sorted(FOLDER.glob("*.yaml")), *(sorted(own.glob("*.yaml")) if own else [])]:
        file = read_yaml(path)
        profile, wrong = validated(file, Profile)
        problems += [*file.problems, *wrong, *(profile_problems(profile, file) if profile else [])]
        if profile is not None:
            found[path.stem] = profile
    if problems:
        raise ConfigError(problems)
    return dict(sorted(found.items()))


def fitting(header: Collection[str], known: Profiles) -> list[str]:
    """Those of the ``known`` profiles whose signature a file with these columns bears."""
    return [name for name, profile in known.items() if _bears(header, profile.signature)]


def _bears(header: Collection[str], signature: Signature) -> bool:
    there = set(header)
    return (
        there.issuperset(signature.all)
        and (not signature.any or not there.isdisjoint(signature.any))
        and there.isdisjoint(signature.none)
    )


def nearly(header: Collection[str], known: Profiles) -> tuple[str, list[str]] | None:
    """The profile most of whose columns a file has, with those it lacks; None when there is none like that."""
    near = []
    for name, profile in known.items():
        missing = [column for column in profile.signature.all if column not in header]
        if not profile.signature.none or set(header).isdisjoint(profile.signature.none):
            near.append((1 - len(missing) / len(profile.signature.all), name, missing))
    share, name, missing = max(near, key=lambda one: (one[0], one[1]))
    return (name, missing) if share >= _NEAR and missing else None
