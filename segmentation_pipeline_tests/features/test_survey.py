"""Answers and constructs of customers, on rows few enough to work out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.catalog import family_columns, unavailable_columns
from segmentation_pipeline.features.survey import SURVEY
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write
from segmentation_pipeline_tests.features.project import Features, features, features_of_files

CONSTRUCTS = {
    "trust": {"kind": "attitude", "items": ["trust_1", "trust_2", "trust_3"], "reversed": ["trust_2"]},
    "thrift": {"kind": "benefit", "items": ["Price!"], "lowest": 0, "highest": 10},
    "care": {"kind": "value", "items": ["care_1", "care_2"], "points": {"never": 1, "often": 5}, "min_items": 2},
}
CHOICES = ["brand"]
FILES = {
    "customers": ("customer_id", "anna", "bert", "carl"),
    "orders": ("order_id,customer_id,ordered_at,amount", "o1,anna,2025-03-02,10.00"),
    "surveys": (
        "response_id,customer_id,item,answered_at,value,choice",
        "r1,anna,trust_1,2024-01-01,1,",  # answered again since
        "r2,anna,trust_1,2025-01-01,4,",
        "r2,anna,trust_2,2025-01-01,2,",  # asks for the opposite: counts as 4
        "r2,anna,trust_3,2025-01-01,,",  # left out
        "r2,anna,Price!,2025-01-01,10,",
        "r3,anna,Price!,2025-02-01,11,",  # no answer on a scale from 0 to 10: the one before counts
        "r2,anna,care_1,2025-01-01,,often",
        "r2,anna,care_2,2025-01-01,,never",
        "r2,anna,brand,2025-01-01,,Acme",
        "r4,anna,brand,2025-01-01,,Blum",  # at the same moment: the later response by its key
        "r5,anna,trust_1,2025-04-02,5,",  # not yet known
        "r6,bert,trust_1,2024-06-01,3,",  # one of three items is no score
        "r6,bert,care_1,2024-06-01,,never",
        "r6,bert,care_2,2024-06-01,,sometimes",  # no answer anybody gave points for
    ),
}


def made(sources: dict[str, dict[str, object]] | None = None) -> Config:
    return config(sources or {name: {} for name in FILES}, features={"constructs": CONSTRUCTS, "choice_items": CHOICES})


@dataclass(frozen=True)
class Built:
    """The files, the engine with what a run of ``AS_OF`` left, and the features it made."""

    folder: Path
    engine: DuckDBEngine
    features: Features


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    engine, folder = DuckDBEngine(None), tmp_path_factory.mktemp("survey")
    for name, lines in FILES.items():
        write(folder, name, *lines)
    yield Built(folder, engine, features_of_files(engine, folder, made()))
    engine.close()


def test_latest_answers_and_scores(built: Built) -> None:
    found = built.features
    names = [column.name for column in family_columns(SURVEY, made())]
    assert {name: found["anna"][name] for name in names} == {
        "survey_date": date(2025, 2, 1),
        "survey_days": 58,
        "answer_brand": "Blum",
        "answer_trust_1": 4.0,
        "answer_trust_2": 2.0,
        "answer_trust_3": None,
        "construct_trust": 4.0,  # (4 + (1 + 5 - 2)) / 2
        "answer_price": 10.0,
        "construct_thrift": 10.0,
        "answer_care_1": 5.0,
        "answer_care_2": 1.0,
        "construct_care": 3.0,
    }
    assert {name: found["bert"][name] for name in names} == {
        "survey_date": date(2024, 6, 1),
        "survey_days": 303,
        "answer_brand": None,
        "answer_trust_1": 3.0,
        "answer_trust_2": None,
        "answer_trust_3": None,
        "construct_trust": None,
        "answer_price": None,
        "construct_thrift": None,
        "answer_care_1": 1.0,
        "answer_care_2": None,
        "construct_care": None,
    }
    assert all(found["carl"][name] is None for name in names)


def test_what_a_source_does_not_give_is_off() -> None:
    columns = {"response_id": "r", "customer_id": "c", "item": "i", "answered_at": "t", "value": "v"}
    bare = made({"orders": {}, "surveys": {"columns": columns}})
    named = {column.name for column in family_columns(SURVEY, bare)}
    assert "construct_trust" in named and not {"construct_care", "answer_brand"} & named
    assert unavailable_columns(bare)["construct_care"] == "needs surveys.choice, which no source maps"
    assert unavailable_columns(made({"orders": {}}))["construct_trust"] == "source 'surveys' is not configured"


@pytest.mark.slow
def test_an_answer_comes_in(built: Built) -> None:
    """A run that builds on the days before sees what a run from nothing sees; only those who answered are made anew."""
    later, changes, full_refresh = AS_OF + timedelta(days=2), ChangeSet(AS_OF), DuckDBEngine(None)
    clean_all(built.engine, built.folder, made(), later, changes)
    found = features(built.engine, made(), later, changes)
    assert found == features_of_files(full_refresh, built.folder, made(), later)
    full_refresh.close()
    assert (found["anna"]["construct_trust"], found["anna"]["survey_days"]) == (4.5, 0)
    assert found["bert"]["survey_days"] == 305
