"""Records of runs of another Dagster are told, and not misread."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from segmentation_pipeline.assets.run_history import Form, check_form, form_of
from segmentation_pipeline.errors import UserError


def _records(home: Path, form: str) -> Path:
    (home / "history").mkdir(parents=True)
    with closing(sqlite3.connect(home / "history" / "runs.db")) as records, records:
        records.execute("CREATE TABLE alembic_version (version_num TEXT)")
        records.execute("INSERT INTO alembic_version VALUES (?)", [form])
    return home


def test_records_of_the_installed_dagster_are_current(tmp_path: Path) -> None:
    import dagster as dg

    assert form_of(tmp_path / "none") is Form.CURRENT
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.get_runs(limit=1)
    assert (tmp_path / "history" / "runs.db").is_file()
    assert form_of(tmp_path) is Form.CURRENT


def test_records_of_an_earlier_one_are_older_and_of_a_later_one_stop_with_the_cure(tmp_path: Path) -> None:
    earlier = _records(tmp_path / "earlier", "f495c27d5019")
    assert form_of(earlier) is Form.OLDER
    check_form(earlier)
    later = _records(tmp_path / "later", "0123456789ab")
    assert form_of(later) is Form.LATER
    with pytest.raises(UserError, match="only the history of runs is lost"):
        check_form(later)
