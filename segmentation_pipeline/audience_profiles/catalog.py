"""The profiles of upload files there are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.config.pydantic_errors import validated
from segmentation_pipeline.config.schema import AudienceProfile
from segmentation_pipeline.config.yaml_file import read_yaml

FOLDER = Path(__file__).parent
OWN = "audience_profiles"
"""The folder beside a project's configuration with profiles of its own."""


def audience_profiles(own: Path | None = None) -> Mapping[str, AudienceProfile]:
    """Every profile by its name, which is that of its file; those in the folder ``own`` besides, and in place of others of
    their name.  Raises ``ConfigError`` with all that is wrong in them."""
    return dict(sorted({**_shipped(), **(_read(own) if own else {})}.items()))


@cache
def _shipped() -> Mapping[str, AudienceProfile]:
    return _read(FOLDER)


def _read(folder: Path) -> dict[str, AudienceProfile]:
    found, problems = {}, []
    for path in sorted(folder.glob("*.yaml")):
        file = read_yaml(path)
        profile, wrong = validated(file, AudienceProfile)
        problems += [*file.problems, *wrong]
        if profile is not None:
            found[path.stem] = profile
    if problems:
        raise ConfigError(problems)
    return found


def profiles_beside(configuration: Path) -> Mapping[str, AudienceProfile]:
    """Every profile of a project whose configuration lies in this folder."""
    own = configuration / OWN
    return audience_profiles(own if own.is_dir() else None)
