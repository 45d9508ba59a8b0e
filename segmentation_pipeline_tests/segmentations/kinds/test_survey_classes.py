"""Segments of survey classes: who answered, who is inferred, and what is said of either."""

from __future__ import annotations

import ibis.expr.types as ir
import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.define import define
from segmentation_pipeline.segmentations.explain import explain_customer
from segmentation_pipeline.segmentations.segment_catalog import definition_versions
from segmentation_pipeline_tests.segmentations.conftest import bind, rule
from segmentation_pipeline_tests.segmentations.test_assign import configured

SEGMENTATIONS = configured(
    sought={"kind": "survey_classes", "model": "benefit"},
    said={"kind": "survey_classes", "model": "benefit", "inferred": False},
)
WORDS = {
    "sought": {"high_price": "answered; or inferred", "high_quality": "answered; or inferred"},
    "said": {"high_price": "answered", "high_quality": "answered"},
}


@pytest.fixture(scope="module")
def told(engine: DuckDBEngine) -> ir.Table:
    rows = [
        ("anna", "high_price", False, 0.99),
        ("bert", "high_quality", True, 0.6),
        ("cora", None, None, None),
    ]
    schema = {
        "customer_id": "string",
        "class_benefit": "string",
        "class_benefit_inferred": "boolean",
        "class_benefit_confidence": "float64",
    }
    engine.write("t.told", engine.memtable({name: [row[n] for row in rows] for n, name in enumerate(schema)}, schema))
    return engine.table("t.told")


def test_the_class_is_the_segment_and_its_probability_the_score(engine: DuckDBEngine, told: ir.Table) -> None:
    wide = all_segments(assign(engine, told, SEGMENTATIONS, bind).profile, SEGMENTATIONS, bind)
    assert {r["customer_id"]: (r["sought"], r["sought__score"], r["said"], r["said__score"]) for r in engine.rows(wide)} == {
        "anna": ("high_price", 0.99, "high_price", 0.99),
        "bert": ("high_quality", 0.6, None, None),
        "cora": (None, None, None, None),
    }


def test_the_definition_and_the_explanation_say_whether_it_is_inferred(engine: DuckDBEngine, told: ir.Table) -> None:
    assigned = assign(engine, told, SEGMENTATIONS, bind)
    wide = all_segments(assigned.profile, SEGMENTATIONS, bind)
    words = define(engine, wide, SEGMENTATIONS, assigned.cut_points, WORDS)
    assert [(d.segmentation, d.segment, d.definition) for d in words][:3] == [
        ("sought", "high_price", "answered; or inferred"),
        ("sought", "high_quality", "answered; or inferred"),
        ("said", "high_price", "answered"),
    ]
    rows = {row["customer_id"]: row for row in engine.rows(wide)}
    one = told.filter(told.customer_id == "bert")
    sought, said = explain_customer(
        engine, one, rows["bert"], SEGMENTATIONS, words, bind, lambda text: rule(text).columns, {}, {}
    )
    assert sought.because == (
        "answered; or inferred (class_benefit is 'high_quality', class_benefit_inferred is True, class_benefit_confidence is 0.6)",
    )
    assert said.segments == () and "inferred" in said.because[0]


def test_another_way_into_a_class_is_another_version(engine: DuckDBEngine, told: ir.Table) -> None:
    words = define(engine, told, SEGMENTATIONS, {}, WORDS)
    assert len(set(definition_versions(SEGMENTATIONS, words).values())) == 2
