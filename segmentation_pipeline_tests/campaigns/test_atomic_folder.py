"""A folder is replaced whole or not at all."""

from __future__ import annotations

import pytest

from segmentation_pipeline.campaigns.atomic_folder import recover_all, replaced_folder


def fill(target, text):
    with replaced_folder(target) as fresh:
        (fresh / "a").write_text(text)


def everything(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_replaces_what_was_there_and_leaves_nothing_else(tmp_path):
    fill(tmp_path / "x", "old")
    (tmp_path / "x" / "b").write_text("no longer wanted")
    fill(tmp_path / "x", "new")
    assert everything(tmp_path) == {"x/a": "new"}


def test_a_failure_while_filling_leaves_the_old_folder(tmp_path):
    fill(tmp_path / "x", "old")
    with pytest.raises(KeyboardInterrupt), replaced_folder(tmp_path / "x") as fresh:
        (fresh / "a").write_text("half")
        raise KeyboardInterrupt
    assert everything(tmp_path) == {"x/a": "old"}


def test_a_first_failure_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), replaced_folder(tmp_path / "x"):
        raise RuntimeError
    assert everything(tmp_path) == {}


def test_what_a_killed_process_left_in_the_moment_of_the_swap_is_put_back(tmp_path):
    fill(tmp_path / "x", "old")
    (tmp_path / "x").rename(tmp_path / ".x.old")
    (tmp_path / ".x.new").mkdir()
    with pytest.raises(RuntimeError), replaced_folder(tmp_path / "x"):
        raise RuntimeError
    assert everything(tmp_path) == {"x/a": "old"}


def test_what_killed_processes_left_goes_whichever_day_or_folder_is_next(tmp_path):
    fill(tmp_path / "2026-06-01" / "swapping", "old")
    (tmp_path / "2026-06-01" / "swapping").rename(tmp_path / "2026-06-01" / ".swapping.old")
    (tmp_path / "2026-06-02" / ".dropped.new").mkdir(parents=True)
    (tmp_path / "2026-06-02" / ".dropped.new" / "a").write_text("contact data")
    fill(tmp_path / "2026-06-02" / "whole", "kept")
    recover_all(tmp_path)
    assert everything(tmp_path) == {"2026-06-01/swapping/a": "old", "2026-06-02/whole/a": "kept"}
