"""Constructs, survey classes and their segmentations: what is wrong with them is told at load."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError, Diagnostic
from segmentation_pipeline.config.schema import ConstructConfig
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.models.catalog import customer_columns, unavailable_columns
from segmentation_pipeline.models.survey_class_scores import extension_features, survey_classes
from segmentation_pipeline.project.configuration import load_config

SOURCES = "sources:\n  orders: {files: o.csv}\n"
SURVEYS = SOURCES + "  surveys: {files: s.csv}\n"
PIPELINE = """
features:
  choice_items: [%(choice)s]
  constructs:
    price: {kind: benefit, items: [p_1, p_2, p_3], %(price)s}
    ease: {kind: benefit, items: [%(ease)s]}
models:
  survey_classes:
    benefit: {constructs: [%(constructs)s], extend: %(extend)s}
%(more)s"""
RIGHT = {"choice": "", "price": "", "ease": "e_1", "constructs": "price, ease", "extend": "{}", "more": ""}
SEGMENTATION = "segmentations:\n  sought: {kind: survey_classes, title: Sought, model: %s}\n"


def folder_of(folder: Path, sources: str = SURVEYS, model: str = "benefit", **changes: str) -> Path:
    (folder / "sources.yaml").write_text(sources)
    (folder / "pipeline.yaml").write_text(PIPELINE % (RIGHT | changes))
    (folder / "segmentations.yaml").write_text(SEGMENTATION % model)
    return folder


def only(folder: Path) -> Diagnostic:
    with pytest.raises(ConfigError) as caught:
        load_config(folder)
    (problem,) = caught.value.problems
    return problem


def test_what_is_right_loads_and_gives_columns(tmp_path: Path) -> None:
    config = load_config(folder_of(tmp_path, choice="brand"))
    columns = customer_columns(config)
    assert columns["construct_price"].unit == "points 1 to 5" and columns["answer_brand"].type is Type.TEXT
    assert columns["class_benefit_confidence"].maximum == 1
    assert list(survey_classes(config)) == ["benefit"]
    reads = extension_features(config, config.pipeline.models.survey_classes["benefit"])
    assert "monetary" in reads and not [name for name in reads if name.startswith(("answer_", "construct_", "nps"))]


def test_half_of_the_items_make_a_score_unless_said_otherwise() -> None:
    items = ("a", "b", "c")
    assert ConstructConfig(kind="value", items=items).least_items == 2
    assert ConstructConfig(kind="value", items=items, min_items=3).least_items == 3


@pytest.mark.parametrize(
    ("changes", "key", "found"),
    [
        ({"price": "reversed: [p_4]"}, "features.constructs.price", "'reversed' lists 'p_4', which is none of the 'items'"),
        ({"price": "lowest: 5, highest: 5"}, "features.constructs.price", "'highest' must be above 'lowest'"),
        ({"price": "min_items: 4"}, "features.constructs.price", "'min_items' is more than there are 'items'"),
        ({"price": "points: {always: 6}"}, "features.constructs.price", "'points' of 'always' lie outside"),
        ({"ease": "e_1, e_1"}, "features.constructs.ease", "'items' lists an item twice"),
        ({"ease": "'P 1'"}, "features.constructs.ease.items[0]", "the item 'P 1', whose column answer_p_1 item 'p_1' has"),
        ({"choice": "e_1"}, "features.constructs.ease.items[0]", "whose column answer_e_1 item 'e_1' has"),
        ({"constructs": "price, eese"}, "models.survey_classes.benefit.constructs[1]", "the unknown construct 'eese'"),
        ({"constructs": "price, price"}, "models.survey_classes.benefit.constructs[1]", "the construct 'price' a second time"),
        ({"price": "lowest: 0, highest: 100"}, "models.survey_classes.benefit.constructs[0]", "whose scale goes from 0 to 100"),
        ({"extend": "{features: [frequnecy]}"}, "models.survey_classes.benefit.extend.features[0]", "unknown column 'frequnecy'"),
        ({"extend": "{features: [answer_p_1]}"}, "models.survey_classes.benefit.extend.features[0]", "comes from the answers"),
        (
            {"extend": "{features: [construct_ease]}"},
            "models.survey_classes.benefit.extend.features[0]",
            "comes from the answers",
        ),
        ({"extend": "{features: [nps]}"}, "models.survey_classes.benefit.extend.features[0]", "comes from the answers"),
        ({"extend": "{features: [clv]}"}, "models.survey_classes.benefit.extend.features[0]", "is itself made by a model"),
        (
            {"more": "    benefit_inferred: {constructs: [ease]}"},
            "models.survey_classes.benefit_inferred",
            "class_benefit_inferred belongs",
        ),
        ({"more": "    other: {constructs: [ease], min_classes: 9}"}, "models.survey_classes.other", "'max_classes' is below"),
        (
            {"more": "    clusters: {constructs: [ease]}"},
            "models.survey_classes.clusters",
            "'clusters', which another model bears",
        ),
        ({"model": "benefits"}, "segmentations.sought.model", "the unknown model 'benefits'"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, changes: dict[str, str], key: str, found: str) -> None:
    problem = only(folder_of(tmp_path, **changes))
    assert problem.key_path == key and found in problem.found and problem.line


def test_without_surveys_the_classes_are_off_and_the_source_is_named(tmp_path: Path) -> None:
    problem = only(folder_of(tmp_path, sources=SOURCES))
    assert problem.key_path == "segmentations.sought.model"
    assert "source 'surveys' is not configured" in problem.found
    (tmp_path / "segmentations.yaml").unlink()
    config = load_config(tmp_path)
    assert survey_classes(config) == {} and "class_benefit" in unavailable_columns(config)
