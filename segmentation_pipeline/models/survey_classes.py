"""Classes of customers by what they say in surveys: fitted on a bounded sample, told of everybody by arithmetic.

Belongs here: from feature columns to a class, its probability and whether it is inferred.  The two models behind
are in ``latent_classes.py`` (who answered) and ``class_extension.py`` (who did not).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from operator import and_
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from segmentation_pipeline.config.schema import ConstructConfig, SurveyClassesConfig
from segmentation_pipeline.contracts.scores import survey_class_columns
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.hash_sampling import bounded_sample, sampling_hash
from segmentation_pipeline.features.survey import answer_column, construct_column
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.class_extension import ClassExtension, extension_logits, fit_extension
from segmentation_pipeline.models.class_names import name_classes
from segmentation_pipeline.models.latent_classes import LatentClasses, best_number, fit_latent_classes, indicators, posterior
from segmentation_pipeline.models.softmax import with_most_likely

Matrix = NDArray[np.float64]

RESPONDENTS_PER_CLASS = 30
"""Respondents a class needs on average."""

DIGITS = 6


@dataclass(frozen=True, slots=True)
class ClassItem:
    """An item and, per class, the logarithm of the probability of each of its ``categories`` (whole points)."""

    column: str
    categories: tuple[float, ...]
    logs: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class SurveyClasses:
    """``names`` and ``log_shares``: one per class, the largest first.  ``constructs`` are the score columns a respondent has."""

    constructs: tuple[str, ...]
    names: tuple[str, ...]
    log_shares: tuple[float, ...]
    items: tuple[ClassItem, ...] = ()
    training_rows: int = 0
    metrics: dict[str, float | None] = field(default_factory=dict)
    note: str = ""

    def to_parameters(self) -> dict[str, Any]:
        return {
            "constructs": list(self.constructs),
            "names": list(self.names),
            "log_shares": list(self.log_shares),
            "items": [asdict(item) for item in self.items],
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> SurveyClasses:
        """A model that scores like the one the parameters came from."""
        return cls(
            tuple(parameters["constructs"]),
            tuple(parameters["names"]),
            tuple(parameters["log_shares"]),
            tuple(
                ClassItem(item["column"], tuple(item["categories"]), tuple(tuple(row) for row in item["logs"]))
                for item in parameters["items"]
            ),
        )


def fit_survey_classes(
    engine: Engine,
    features: ir.Table,
    config: SurveyClassesConfig,
    constructs: Mapping[str, ConstructConfig],
    extension_features: Sequence[str],
    salt: str,
) -> tuple[SurveyClasses, ClassExtension | None]:
    """Fit both models on a hash sample of respondents: those with a score on every construct of the model.

    ``constructs`` are those of the model, by name.  ``extension_features`` are number columns of ``features``
    that come from other sources than the answers; the extension is None when the configuration asks for none.
    """
    scores = tuple(construct_column(name) for name in constructs)
    items = [answer_column(item) for construct in constructs.values() for item in construct.items]
    respondents = features.filter(_answered(features, scores))
    count = engine.count(respondents)
    sample = bounded_sample(respondents, "customer_id", salt, config.sample_size, count)
    columns = arrays(
        engine,
        sample.select(
            place=sampling_hash(sample.customer_id, salt),
            **{name: sample[name].cast("float64") for name in dict.fromkeys((*items, *scores, *extension_features))},
        ),
    )
    order = np.argsort(columns["place"])
    columns = {name: values[order] for name, values in columns.items()}
    largest = min(config.max_classes, len(order) // RESPONDENTS_PER_CLASS)
    with threadpool_limits(limits=1):  # threads add up in the order they finish: the last digits would differ from run to run
        if largest < max(config.min_classes, 2):
            needed = max(config.min_classes, 2) * RESPONDENTS_PER_CLASS
            note = f"one class: {len(order)} respondents, at least {needed} needed"
            model, labels = SurveyClasses(scores, ("all_respondents",), (0.0,), (), len(order), {"classes": 1}, note), None
        else:
            model, labels = _fit(columns, config, constructs, scores, items, largest)
        if config.extend is None:
            return model, None
        if labels is None:
            return model, ClassExtension(training_rows=len(order), note="nobody is inferred: there is one class only")
        known = {name: columns[name] for name in extension_features}
        return model, fit_extension(known, labels, len(model.names), config.extend)


def with_survey_classes(table: ir.Table, name: str, model: SurveyClasses, extension: ClassExtension | None) -> ir.Table:
    """``table`` with the class, whether it is inferred, and its probability; null for customers without a class."""
    answered = _answered(table, model.constructs)
    logits = [ibis.ifelse(answered, _log_joint(table, model, place), ibis.null("float64")) for place in range(len(model.names))]
    columns = list(table.columns)
    placed, told, sure = with_most_likely(table, logits, model.names, "_answered_")
    found: dict[str, ir.Value] = {"told": told, "sure": sure}
    if extension is not None and extension.coefficients:
        placed = placed.mutate(_told=told, _sure=sure)
        placed, guess, confidence = with_most_likely(placed, extension_logits(placed, extension), model.names, "_guessed_")
        placed = placed.mutate(_guess=guess, _confidence=confidence.round(DIGITS))
        use = placed._told.isnull() & (placed._confidence >= extension.min_confidence)
        found = {
            "told": ibis.ifelse(use, placed._guess, placed._told),
            "sure": ibis.ifelse(use, placed._confidence, placed._sure),
        }
    inferred = ibis.ifelse(found["told"].notnull(), ~_answered(placed, model.constructs), ibis.null("boolean"))
    names = [column.name for column in survey_class_columns(name)]
    added = dict(zip(names, (found["told"], inferred, found["sure"].round(DIGITS)), strict=True))
    return placed.select(*columns, **added)


def class_words(model: SurveyClasses, extension: ClassExtension | None) -> dict[str, str]:
    """By class: who is in it, in words.  ``extension`` is None where customers who did not answer are left out."""
    if not model.items:
        return dict.fromkeys(model.names, "answered; too few respondents for classes")
    answered = f"answered: most likely of {len(model.names)} latent classes by {len(model.items)} items"
    if extension is None or not extension.coefficients:
        return dict.fromkeys(model.names, answered)
    guessed = f"inferred with confidence: from {len(extension.features)} features with a probability of at least"
    return dict.fromkeys(model.names, f"{answered}; or {guessed} {extension.min_confidence:g}")


def _fit(
    columns: Mapping[str, Matrix],
    config: SurveyClassesConfig,
    constructs: Mapping[str, ConstructConfig],
    scores: Sequence[str],
    items: Sequence[str],
    largest: int,
) -> tuple[SurveyClasses, NDArray[np.int64]]:
    points = {item: np.floor(columns[item] + 0.5) for item in items if not np.isnan(columns[item]).all()}
    categories = [tuple(map(float, np.unique(answer[~np.isnan(answer)]))) for answer in points.values()]
    chosen = indicators(list(points.values()), categories)
    fitted = fit_latent_classes(chosen, [len(values) for values in categories], largest, config.min_classes)
    best = best_number(fitted)
    model = fitted[best]
    ranked = sorted(range(best), key=lambda k: (-float(model.shares[k]), tuple(map(float, model.answers[k]))))
    weights = posterior(model, chosen)[:, ranked]
    names = name_classes(_centres(columns, scores, weights), list(constructs)) if best > 1 else ("all_respondents",)
    metrics: dict[str, float | None] = {
        "classes": best,
        "log_likelihood": round(model.log_likelihood, 4),
        "mean_probability": round(float(weights.max(axis=1).mean()), 6),
        **{f"bic_{k}": round(one.bic, 2) for k, one in fitted.items()},
        **{f"share_{place}": round(float(model.shares[k]), 6) for place, k in enumerate(ranked, 1)},
    }
    made = SurveyClasses(
        tuple(scores),
        names,
        tuple(float(np.log(model.shares[k])) for k in ranked),
        _class_items(model, ranked, list(points), categories),
        len(chosen),
        metrics,
    )
    return made, weights.argmax(axis=1)


def _class_items(
    model: LatentClasses, ranked: Sequence[int], items: Sequence[str], categories: Sequence[tuple[float, ...]]
) -> tuple[ClassItem, ...]:
    ends = np.cumsum([len(values) for values in categories])
    return tuple(
        ClassItem(item, values, tuple(tuple(map(float, np.log(model.answers[k, end - len(values) : end]))) for k in ranked))
        for item, values, end in zip(items, categories, ends, strict=True)
    )


def _centres(columns: Mapping[str, Matrix], scores: Sequence[str], weights: Matrix) -> list[list[float]]:
    """Per class the mean score on each construct, in standard deviations from the mean of all respondents."""
    values = np.column_stack([columns[score] for score in scores])
    spread = np.where(values.std(axis=0) > 0.0, values.std(axis=0), 1.0)
    means = (weights.T @ values) / weights.sum(axis=0)[:, None]
    return [[float(value) for value in row] for row in (means - values.mean(axis=0)) / spread]


def _answered(table: ir.Table, scores: Sequence[str]) -> ir.BooleanValue:
    return reduce(and_, (table[score].notnull() for score in scores))


def _log_joint(table: ir.Table, model: SurveyClasses, place: int) -> ir.FloatingValue:
    """The logarithm of the class's share times the probability of the answers.

    An answer nobody of the sample gave tells nothing, as none does.
    """
    total: ir.FloatingValue = ibis.literal(model.log_shares[place])
    for item in model.items:
        answer = (table[item.column] + 0.5).floor()
        for value, log in zip(item.categories, item.logs[place], strict=True):
            # Times an indicator, not chosen by a case: DuckDB takes bare numbers for decimals, whose sums overflow.
            total = total + (answer == value).fill_null(False).cast("float64") * log
    return total
