"""A construct whose items do not fit together is warned of, with its figures."""

from __future__ import annotations

from segmentation_pipeline.config.schema import ConstructConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.reliability import construct_reliability
from segmentation_pipeline.quality.alpha import alpha_rules, check_alpha
from segmentation_pipeline.quality.result import RuleResult
from segmentation_pipeline_tests.quality.shop import AS_OF

ANSWERS = {
    "answer_a": [1.0, 2.0, 4.0, 5.0],
    "answer_b": [1.0, 3.0, 4.0, 5.0],
    "answer_c": [5.0, 4.0, 2.0, 1.0],  # asks for the opposite of a
    "answer_d": [3.0, None, None, None],
}


def checked(engine: DuckDBEngine, **constructs: ConstructConfig) -> dict[str, RuleResult]:
    features = engine.memtable(ANSWERS, dict.fromkeys(ANSWERS, "float64"))
    engine.write(tables.CONSTRUCT_RELIABILITY, construct_reliability(engine, features, constructs, AS_OF))
    return {result.rule.name: result for result in check_alpha(engine, constructs)}


def construct(*items: str, reversed_items: tuple[str, ...] = (), min_alpha: float = 0.7) -> ConstructConfig:
    return ConstructConfig(kind="attitude", items=items, reversed=reversed_items, min_alpha=min_alpha)


def test_items_that_fit_pass_and_others_are_a_warning_with_the_figure() -> None:
    engine = DuckDBEngine(None)
    found = checked(
        engine,
        fitting=construct("a", "b"),
        opposite=construct("a", "c"),
        turned=construct("a", "c", reversed_items=("c",)),
        strict=construct("a", "b", min_alpha=0.999),
        unanswered=construct("a", "d"),
    )
    engine.close()
    assert {name: result.passed for name, result in found.items()} == {
        "fitting_is_reliable": True,
        "opposite_is_reliable": False,
        "turned_is_reliable": True,
        "strict_is_reliable": False,
        "unanswered_is_reliable": False,
    }
    assert {result.rule.severity for result in found.values()} == {"warning"}
    # Variances 10/3 and 35/12, covariance 3: alpha = 2 * (1 - 25/49).
    assert "0.980 of 4 respondents" in found["strict_is_reliable"].message
    assert "none: too few respondents" in found["unanswered_is_reliable"].message


def test_one_item_alone_is_not_judged() -> None:
    assert alpha_rules({"single": construct("a")}) == []
