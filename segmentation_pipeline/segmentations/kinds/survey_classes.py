"""The latent classes of a model of survey answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import ModelsConfig, Name, Segmentation
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.scores import survey_class_columns
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.segmentations.explanation import Asked, values
from segmentation_pipeline.segmentations.kinds.base import Assigning
from segmentation_pipeline.segmentations.kinds.check import Check
from segmentation_pipeline.segmentations.kinds.of_model import OfModel


class SurveyClassesSegmentation(OfModel):
    """The latent classes of a ``model`` of ``models.survey_classes``; without ``inferred`` only customers who answered."""

    kind: Literal["survey_classes"]
    model: Name
    inferred: bool = True

    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        return ()

    def problems(self, check: Check) -> Iterator[Diagnostic]:
        known = check.config.pipeline.models.survey_classes
        if self.model not in known:
            expected = one_of(known, "model") if known else "a model of models.survey_classes in pipeline.yaml"
            yield check.problem(("model",), f"the unknown model '{self.model}'", expected, did_you_mean(self.model, known))
            return
        column = self.columns_read()[0]
        if column in check.catalog.unavailable and (wrong := check.catalog.missing(column, (Type.TEXT,), "text")):
            yield check.problem(("model",), *wrong)

    def columns_read(self) -> tuple[str, ...]:
        return tuple(column.name for column in survey_class_columns(self.model))

    def segment(self, name: str, table: ir.Table, day: Assigning) -> ir.Value:
        told, inferred, _ = (table[column] for column in self.columns_read())
        return told if self.inferred else ibis.ifelse(inferred, ibis.null("string"), told)

    def score(self, profile: ir.Table) -> ir.Value:
        inferred, confidence = (profile[column] for column in self.columns_read()[1:])
        return confidence if self.inferred else ibis.ifelse(inferred, ibis.null("float64"), confidence)

    def words(self, models: ModelsConfig, registered: Registered) -> Mapping[str, str]:
        from segmentation_pipeline.models.survey_class_scores import fitted_classes
        from segmentation_pipeline.models.survey_classes import class_words

        classes, extension = fitted_classes(self.model, models.survey_classes[self.model], registered)
        return class_words(classes, extension if self.inferred else None)

    def why_unassigned(self, asked: Asked) -> str | None:
        columns = self.explaining_columns()
        if asked.row[columns[0]] is None:
            return None
        return f"the class is inferred, not answered ({values(columns, asked.row)})"
