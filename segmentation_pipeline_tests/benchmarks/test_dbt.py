"""The dbt project a run of the sample is held against has the size that is said of it, and names only what it has."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from benchmarks.measured import HERE

FOLDER = HERE / "dbt"
MODELS = {path.stem: path for path in FOLDER.glob("models/*/*.sql")}
SINGULAR = sorted(FOLDER.glob("tests/*.sql"))


def of_columns(path: Path) -> list[tuple[str, str]]:
    """The model and the column of each test the file declares."""
    models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return [(model["name"], column["name"]) for model in models for column in model["columns"] for _ in column["data_tests"]]


def test_it_has_48_models_and_150_tests() -> None:
    declared = [test for path in FOLDER.glob("models/*/*.yml") for test in of_columns(path)]
    assert (len(MODELS), len(declared) + len(SINGULAR)) == (48, 150)
    assert {model for model, _ in declared} <= {*MODELS}


def test_every_reference_is_to_a_model() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (*MODELS.values(), *SINGULAR, *FOLDER.glob("models/*/*.yml"))]
    named = {name for text in texts for name in re.findall(r"ref\('(\w+)'\)", text)}
    assert named <= {*MODELS} and len(named) > 20
