"""Samples written otherwise are read right or refused with the cure, never silently wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from segmentation_pipeline.profiles.catalog import profiles
from segmentation_pipeline_tests.profiles.mutations import MUTATIONS, read
from segmentation_pipeline_tests.profiles.test_profiles import answers, expected, figures, files, init, truth

ALL = os.environ.get("ALL_PROFILES") == "1"
"""All profiles in place of three: about eight minutes."""
PROFILES = [name for name in sorted(profiles()) if ALL or name in ("shopify_orders", "bigcommerce_orders", "square_items")]
RIGHT, REFUSED = "right", "refused"


def outcome(profile: str, mutation: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """``right``, ``refused`` or what is wrong in silence; and what ``init`` said."""
    mutated = []
    for path in files(profile):
        target = folder / "exports" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        own = truth(profile).get("beside") is None or path.parent.name == profile
        (MUTATIONS[mutation](read(path)) if own else read(path)).to(target)
        mutated.append(target)
    said = init(folder, mutated, answers(profile), monkeypatch, "--yes")
    told = f"{said.output} {said.exception or ''}"
    if said.exit_code:
        return REFUSED, told
    found: dict[str, Any] = figures(folder)
    right = {key: value for key, value in expected(profile).items() if key not in ("skipped", "refused")}
    wrong = {key: (found.get(key), value) for key, value in right.items() if found.get(key) != value}
    return (f"silently wrong: {wrong}", told) if wrong else (RIGHT, told)


SURELY_RIGHT = ("another delimiter", "UTF-16", "columns the other way round", "a column more", "lines above the columns")
SURELY_REFUSED = ("a column renamed",)


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_written_otherwise_is_read_right_or_refused(
    profile: str, mutation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, told = outcome(profile, mutation, tmp_path, monkeypatch)
    assert found in (RIGHT, REFUSED), told
    if mutation in SURELY_RIGHT:
        assert found == RIGHT, told
    if mutation in SURELY_REFUSED:
        assert found == REFUSED, told
