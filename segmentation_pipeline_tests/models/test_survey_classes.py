"""Classes of customers by surveys: respondents by their answers, others by behaviour or not at all."""

from __future__ import annotations

import json
from collections import Counter

import ibis.expr.types as ir
import numpy as np
import pytest

from segmentation_pipeline.config.schema import ConstructConfig, ExtensionConfig, SurveyClassesConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.class_extension import ClassExtension
from segmentation_pipeline.models.latent_classes import LatentClasses, indicators, posterior
from segmentation_pipeline.models.survey_classes import (
    SurveyClasses,
    class_words,
    fit_survey_classes,
    with_survey_classes,
)

CONSTRUCTS = {
    "price": ConstructConfig(kind="benefit", items=("p1", "p2", "p3")),
    "quality": ConstructConfig(kind="benefit", items=("q1", "q2", "q3"), reversed=("q3",)),
}
CONFIG = SurveyClassesConfig(constructs=("price", "quality"), max_classes=3, extend=ExtensionConfig(min_confidence=0.7))
ITEMS = [f"answer_{item}" for construct in CONSTRUCTS.values() for item in construct.items]
NUMBERS = [*ITEMS, "construct_price", "construct_quality", "monetary", "discount_share"]


def shop(engine: DuckDBEngine, respondents: int = 400, others: int = 200, told: bool = True) -> tuple[ir.Table, np.ndarray]:
    """Savers want it cheap and buy with discounts, connoisseurs want it good and spend; only some answered."""
    chance = np.random.default_rng(0)
    number = respondents + others
    saver = chance.random(number) < 0.6
    behaves = saver if told else chance.permutation(saver)
    columns: dict[str, list] = {"customer_id": [f"c{n:04d}" for n in range(number)]}
    for name in ITEMS:
        wanted = saver if name.startswith("answer_p") else ~saver
        wanted = ~wanted if name == "answer_q3" else wanted
        points = np.clip(np.where(wanted, 4, 2) + chance.integers(-1, 2, number), 1, 5).astype(float)
        columns[name] = [value if n < respondents else None for n, value in enumerate(points.tolist())]
    for name, construct in CONSTRUCTS.items():
        total = sum(
            (6.0 - np.array(columns[f"answer_{i}"][:respondents]))
            if i in construct.reversed
            else np.array(columns[f"answer_{i}"][:respondents])
            for i in construct.items
        )
        columns[f"construct_{name}"] = [*(np.asarray(total) / 3.0).round(6).tolist(), *[None] * others]
    columns["monetary"] = np.exp(np.where(behaves, 4.0, 5.5) + 0.5 * chance.normal(size=number)).tolist()
    columns["discount_share"] = np.clip(np.where(behaves, 0.5, 0.2) + 0.15 * chance.normal(size=number), 0.0, 1.0).tolist()
    columns["monetary"][-1] = None  # a customer without answers and orders
    return engine.memtable(columns, {"customer_id": "string", **dict.fromkeys(NUMBERS, "float64")}), saver


def fitted(
    engine: DuckDBEngine, features: ir.Table, config: SurveyClassesConfig = CONFIG
) -> tuple[SurveyClasses, ClassExtension | None]:
    reads = ("monetary", "discount_share") if config.extend else ()
    return fit_survey_classes(engine, features, config, CONSTRUCTS, reads, "salt")


def rows_of(engine: DuckDBEngine, features: ir.Table, model: SurveyClasses, extension: ClassExtension | None) -> list[dict]:
    return engine.rows(with_survey_classes(features, "benefit", model, extension).order_by("customer_id"))


def test_respondents_are_classed_by_answers_and_others_inferred_with_confidence(engine: DuckDBEngine) -> None:
    features, saver = shop(engine)
    model, extension = fitted(engine, features)
    assert model.names == ("high_price", "high_quality") and model.metrics["classes"] == 2
    assert extension is not None and extension.kind == "multinomial_logistic"
    rows = rows_of(engine, features, model, extension)
    truth = ["high_price" if is_saver else "high_quality" for is_saver in saver]
    answered, others = rows[:400], rows[400:]
    assert {row["class_benefit_inferred"] for row in answered} == {False}
    assert np.mean([row["class_benefit"] == t for row, t in zip(answered, truth[:400], strict=True)]) > 0.95
    inferred = [(row["class_benefit"], t) for row, t in zip(others, truth[400:], strict=True) if row["class_benefit_inferred"]]
    assert len(inferred) > 100 and np.mean([found == t for found, t in inferred]) > 0.85
    assert all(row["class_benefit_confidence"] >= 0.7 for row in others if row["class_benefit_inferred"])
    unknown = [row for row in others if row["class_benefit"] is None]
    assert rows[-1] in unknown and all(
        row["class_benefit_inferred"] is row["class_benefit_confidence"] is None for row in unknown
    )


def test_the_same_answers_give_the_same_model_whatever_their_order(engine: DuckDBEngine) -> None:
    features, _ = shop(engine)
    with engine.staged(features.order_by(features.discount_share)) as shuffled:
        (model, extension), (again, extension_again) = fitted(engine, features), fitted(engine, shuffled)
    assert model.to_parameters() == again.to_parameters()
    assert extension is not None and extension_again is not None
    assert extension.to_parameters() == extension_again.to_parameters()


def test_scores_equal_the_posterior_on_every_row(engine: DuckDBEngine) -> None:
    features, _ = shop(engine, others=0)
    model, _ = fitted(engine, features)
    model = SurveyClasses.from_parameters(json.loads(json.dumps(model.to_parameters())))
    columns = {name: np.array(values) for name, values in zip(ITEMS, _columns(engine, features, ITEMS), strict=True)}
    chosen = indicators([columns[item.column] for item in model.items], [item.categories for item in model.items])
    answers = np.exp(np.hstack([np.array(item.logs) for item in model.items]))
    expected = posterior(LatentClasses(np.exp(np.array(model.log_shares)), answers, 0.0, 0.0), chosen)
    rows = rows_of(engine, features, model, None)
    assert [row["class_benefit"] for row in rows] == [model.names[place] for place in expected.argmax(axis=1)]
    found = np.array([row["class_benefit_confidence"] for row in rows])
    assert np.abs(found - expected.max(axis=1)).max() < 1e-6


def _columns(engine: DuckDBEngine, features: ir.Table, names: list[str]) -> list[list[float]]:
    rows = engine.rows(features.order_by("customer_id"))
    return [[float(row[name]) for row in rows] for name in names]


def test_where_behaviour_tells_nothing_nobody_is_inferred(engine: DuckDBEngine) -> None:
    features, _ = shop(engine, told=False)
    model, extension = fitted(engine, features)
    assert extension is not None and extension.kind == "nobody_inferred" and extension.note
    found = Counter(row["class_benefit_inferred"] for row in rows_of(engine, features, model, extension))
    assert found == {False: 400, None: 200}
    assert set(class_words(model, extension).values()) == {"answered: most likely of 2 latent classes by 6 items"}


def test_words_say_how_one_comes_into_a_class(engine: DuckDBEngine) -> None:
    features, _ = shop(engine)
    model, extension = fitted(engine, features)
    assert class_words(model, extension)["high_price"] == (
        "answered: most likely of 2 latent classes by 6 items; "
        "or inferred with confidence: from 2 features with a probability of at least 0.7"
    )


def test_few_respondents_are_one_class_and_nobody_is_inferred(engine: DuckDBEngine) -> None:
    features, _ = shop(engine, respondents=20)
    model, extension = fitted(engine, features)
    assert model.names == ("all_respondents",) and model.note == "one class: 20 respondents, at least 60 needed"
    assert extension is not None and "one class only" in extension.note
    rows = rows_of(engine, features, model, extension)
    assert [row["class_benefit"] for row in rows[:21]] == ["all_respondents"] * 20 + [None]
    assert rows[0]["class_benefit_confidence"] == 1.0


def test_an_answer_nobody_of_the_sample_gave_tells_nothing(engine: DuckDBEngine) -> None:
    features, _ = shop(engine, others=0)
    model, _ = fitted(engine, features.filter(features.answer_p1 != 5.0))
    assert 5.0 not in model.items[0].categories
    rows = rows_of(engine, features, model, None)
    assert all(row["class_benefit"] is not None for row in rows)


@pytest.mark.parametrize("extend", [None])
def test_without_extension_only_respondents_have_a_class(engine: DuckDBEngine, extend: None) -> None:
    features, _ = shop(engine)
    model, extension = fitted(engine, features, CONFIG.model_copy(update={"extend": extend}))
    assert extension is None
    assert Counter(row["class_benefit_inferred"] for row in rows_of(engine, features, model, extension)) == {
        False: 400,
        None: 200,
    }
