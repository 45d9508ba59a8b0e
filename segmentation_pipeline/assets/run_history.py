"""Which form Dagster's records of runs have, against that of the Dagster that is installed; read without loading Dagster."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from segmentation_pipeline.errors import UserError

_VERSIONS = Path("_core/storage/alembic/versions")
_STEP = re.compile(r'^(down_revision|revision) = "(\w+)"', re.MULTILINE)


class Form(StrEnum):
    """``OLDER`` records are read, and lack what came since; ``LATER`` ones may be misread."""

    CURRENT = "current"
    OLDER = "older"
    LATER = "later"


def form_of(home: Path) -> Form:
    """The form of the records in ``home``; current where there are none yet, or none that can be read."""
    path = home / "history" / "runs.db"
    steps = _steps()
    if not path.is_file() or not steps:
        return Form.CURRENT
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as records:
            found = records.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return Form.CURRENT
    if found is None or found[0] in steps.keys() - set(steps.values()):
        return Form.CURRENT
    return Form.OLDER if found[0] in steps else Form.LATER


def check_form(home: Path) -> None:
    """Raise ``UserError`` for records that a later Dagster wrote."""
    if form_of(home) is Form.LATER:
        raise UserError(
            f"the records of runs in {home} were written by a later Dagster than is installed. Install the versions of the "
            "release that wrote them (its constraints.txt); or move the folder 'history' in it away: only the history of runs is "
            "lost with it."
        )


def _steps() -> dict[str, str | None]:
    """Every form the installed Dagster knows, with the one before it."""
    spec = find_spec("dagster")
    if spec is None or spec.origin is None:
        return {}
    found: dict[str, str | None] = {}
    for file in sorted((Path(spec.origin).parent / _VERSIONS).glob("*.py")):
        names = dict(_STEP.findall(file.read_text(encoding="utf-8")))
        if "revision" in names:
            found[names["revision"]] = names.get("down_revision")
    return found
