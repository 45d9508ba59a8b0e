"""Which class would customers be in who did not answer?  Multinomial logistic regression over what everybody does.

It is used only where it has shown, on respondents it had not seen, that it knows more than the sizes of
the classes tell.  Otherwise nobody is inferred and the note says why.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import sqrt
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from segmentation_pipeline.config.schema import ExtensionConfig
from segmentation_pipeline.models.cluster_features import NumericFeature

Matrix = NDArray[np.float64]

FOLDS = 5
MEMBERS_PER_FOLD = 4
"""A class with fewer respondents cannot be learnt in one part and tested in another."""

STANDARD_ERRORS = 2.0
"""So much better than the base rate that chance hardly explains it."""


@dataclass(frozen=True, slots=True)
class ClassExtension:
    """``coefficients``: a row per class in the order of the class model, a number per feature.

    Without ``coefficients`` nobody is inferred.  ``min_confidence`` is the least probability that counts.
    """

    features: tuple[NumericFeature, ...] = ()
    coefficients: tuple[tuple[float, ...], ...] = ()
    intercepts: tuple[float, ...] = ()
    min_confidence: float = 0.0
    training_rows: int = 0
    metrics: dict[str, float | None] = field(default_factory=dict)
    note: str = ""

    @property
    def kind(self) -> str:
        return "multinomial_logistic" if self.coefficients else "nobody_inferred"

    def to_parameters(self) -> dict[str, Any]:
        return {
            "features": [asdict(feature) for feature in self.features],
            "coefficients": [list(row) for row in self.coefficients],
            "intercepts": list(self.intercepts),
            "min_confidence": self.min_confidence,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> ClassExtension:
        """An extension that scores like the one the parameters came from."""
        return cls(
            tuple(NumericFeature(**feature) for feature in parameters["features"]),
            tuple(tuple(row) for row in parameters["coefficients"]),
            tuple(parameters["intercepts"]),
            parameters["min_confidence"],
        )


def fit_extension(
    columns: Mapping[str, Matrix], labels: NDArray[np.int64], classes: int, config: ExtensionConfig
) -> ClassExtension:
    """Learn the class (``labels``, 0 to ``classes`` - 1) of respondents from their features.

    ``columns`` are number columns, NaN where unknown; respondents come in the order of their hash, which
    deals them to the folds.  Who lacks a feature takes no part: neither here nor when scoring.
    """
    known = ~np.isnan(np.column_stack(list(columns.values()))).any(axis=1)
    labels = labels[known]
    learnt = (NumericFeature.learnt(name, values[known]) for name, values in columns.items())
    features = [feature for feature in learnt if feature is not None]
    rows = int(known.sum())
    sizes = np.bincount(labels, minlength=classes)
    if reason := _too_little(rows, sizes, features, config):
        return ClassExtension(training_rows=rows, note=f"nobody is inferred: {reason}")
    points = np.hstack([feature.coordinates(columns[feature.name][known]) for feature in features])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)  # a fit that has not settled would differ from day to day
            told = cross_val_predict(_regression(), points, labels, cv=StratifiedKFold(FOLDS), method="predict_proba")
            fitted = _regression().fit(points, labels)
    except ConvergenceWarning:
        return ClassExtension(training_rows=rows, note="nobody is inferred: the regression does not settle on these features")
    metrics = _cross_validated(told, labels, sizes, config)
    accuracy, base = float(metrics["accuracy"] or 0.0), float(metrics["base_rate"] or 0.0)
    needed = base + max(config.margin, STANDARD_ERRORS * sqrt(accuracy * (1.0 - accuracy) / rows))
    metrics["accuracy_needed"] = round(needed, 6)
    if accuracy < needed:
        note = f"nobody is inferred: accuracy {accuracy:.3f} of {rows} respondents, base rate {base:.3f}, needed {needed:.3f}"
        return ClassExtension(training_rows=rows, metrics=metrics, note=note)
    coefficients, intercepts = _of_every_class(fitted)
    return ClassExtension(tuple(features), coefficients, intercepts, config.min_confidence, rows, metrics)


def extension_logits(table: ir.Table, extension: ClassExtension) -> list[ir.FloatingValue]:
    """One logit per class; null for customers of whom a feature is unknown."""
    logits = []
    for intercept, row in zip(extension.intercepts, extension.coefficients, strict=True):
        logit: ir.FloatingValue = ibis.literal(intercept)
        for weight, feature in zip(row, extension.features, strict=True):
            [coordinate] = feature.expressions(table)
            # Nothing is imputed here: a coordinate exists only where the value does.
            logit = logit + ibis.ifelse(table[feature.name].notnull(), coordinate, ibis.null("float64")) * weight
        logits.append(logit)
    return logits


def _too_little(rows: int, sizes: NDArray[np.int64], features: Sequence[NumericFeature], config: ExtensionConfig) -> str:
    if len(sizes) < 2:
        return "there is one class only"
    if rows < config.min_respondents:
        return f"{rows} respondents with all features known, at least {config.min_respondents} needed"
    if sizes.min() < FOLDS * MEMBERS_PER_FOLD:
        needed = FOLDS * MEMBERS_PER_FOLD
        return f"the smallest class has {sizes.min()} respondents with all features known, at least {needed} needed"
    return "" if features else "no feature differs between respondents"


def _regression() -> LogisticRegression:
    return LogisticRegression(max_iter=2_000, tol=1e-8)


def _cross_validated(
    told: Matrix, labels: NDArray[np.int64], sizes: NDArray[np.int64], config: ExtensionConfig
) -> dict[str, float | None]:
    """How often the class was right among respondents that were not learnt from: all, and those told with confidence."""
    right = told.argmax(axis=1) == labels
    sure = told.max(axis=1) >= config.min_confidence
    return {
        "accuracy": round(float(right.mean()), 6),
        "base_rate": round(float(sizes.max() / len(labels)), 6),
        "accuracy_of_confident": round(float(right[sure].mean()), 6) if sure.any() else None,
        "share_confident": round(float(sure.mean()), 6),
    }


def _of_every_class(fitted: LogisticRegression) -> tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]:
    """scikit-learn keeps one row for two classes: the second against the first."""
    coefficients, intercepts = fitted.coef_, fitted.intercept_
    if len(coefficients) == 1:
        coefficients, intercepts = np.vstack([0.0 * coefficients, coefficients]), np.concatenate([[0.0], intercepts])
    return tuple(tuple(map(float, row)) for row in coefficients), tuple(map(float, intercepts))
