"""What README draws is what is there."""

from __future__ import annotations

import re
from pathlib import Path

from segmentation_pipeline_tests.end_to_end.project import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
MADE = {"backups", "build", "secrets"}
"""What commands make in the project's folder, beside what lies in ``data``."""


def _tree() -> list[str]:
    [tree] = re.findall(r"```\n(config/ .*?)```", README, re.DOTALL)
    return tree.splitlines()


def _named(indent: str) -> set[str]:
    """The folders and files lines of the tree begin with, several being two spaces apart."""
    lines = [
        line.removeprefix(indent) for line in _tree() if line.startswith(indent) and line[len(indent) : len(indent) + 1].strip()
    ]
    return {
        name for line in lines for name in re.match(r"(?:[\w.]+/?  ?)*[\w.]+/?", line)[0].split() if name.endswith(("/", ".py"))
    }  # type: ignore[index]


def _folders(where: Path) -> set[str]:
    found = {path.name for path in where.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    return {f"{name}/" for name in found - MADE if not name.endswith(".egg-info")}


def test_every_folder_of_the_project_is_in_the_tree_and_no_other() -> None:
    assert _named("") == _folders(ROOT)


def test_every_room_of_the_package_is_in_the_tree_and_no_other() -> None:
    assert {name for name in _named("  ") if name.endswith("/")} == _folders(ROOT / "segmentation_pipeline")


def test_every_file_and_page_it_names_is_there() -> None:
    modules = {name for name in _named("  ") if name.endswith(".py")}
    assert [name for name in modules if not (ROOT / "segmentation_pipeline" / name).is_file()] == []
    pages = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert pages and [page for page in pages if not (ROOT / page).exists()] == []
