"""``segmentations.yaml``: ways of dividing the customers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import MOST, Labelled, Model, Name, RuleText
from segmentation_pipeline.contracts.scores import CLUSTERS


class _Segmentation(Labelled):
    title: str
    description: str = ""
    owner: str = "team:crm"
    min_size: Annotated[int, Field(ge=0, le=MOST)] = 0


class RuleSegment(Labelled):
    name: Name
    when: RuleText
    description: str = ""


class RulesSegmentation(_Segmentation):
    """Segments by boolean rules.  Exclusive: the first rule that holds wins, top to bottom."""

    kind: Literal["rules"]
    exclusive: bool = True
    segments: tuple[RuleSegment, ...] = Field(min_length=1)


class RfmSegmentation(_Segmentation):
    """The eleven named segments of the RFM model."""

    kind: Literal["rfm"]


class QuantileSegment(Labelled):
    """``top`` is the cumulative share of customers, best first: 0.1 = best tenth, 1 = the rest."""

    name: Name
    top: Annotated[float, Field(gt=0.0, le=1.0)]
    description: str = ""


class QuantilesSegmentation(_Segmentation):
    """Tiers of a numeric column, highest values first; equal values share a tier."""

    kind: Literal["quantiles"]
    column: str
    segments: tuple[QuantileSegment, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        tops = [segment.top for segment in self.segments]
        if tops != sorted(set(tops)) or tops[-1] != 1.0:
            raise ValueError("'top' must increase from tier to tier and end at 1.0")
        return self


class ClustersSegmentation(_Segmentation):
    """The clusters of a cluster model: of ``models.clusters``, or the one of ``models.cluster_models`` named here."""

    kind: Literal["clusters"]
    model: Name = CLUSTERS


class AttributeSegmentation(_Segmentation):
    """One segment per value of a text column; values below ``min_size`` customers go to ``other``."""

    kind: Literal["attribute"]
    column: str
    other: Name = "other"


class Priority(Model):
    """Who is in ``segment`` of ``segmentation`` is in the segment called ``name`` (left out: as over there)."""

    segmentation: Name
    segment: str
    name: Name | None = None


class HybridSegmentation(_Segmentation):
    """Made of other segmentations: their cross, or the first of some of their segments.

    ``of`` crosses exclusive segmentations: a segment per combination, named ``gold_x_active``.  The
    ``max_cells`` largest combinations with at least ``min_size`` customers are kept, equals by
    name; everybody else is in ``other``.  ``priorities`` are tried top to bottom and the first
    segment the customer is in wins, else ``else``.
    """

    kind: Literal["hybrid"]
    of: Annotated[tuple[Name, ...], Field(min_length=2)] | None = None
    max_cells: Annotated[int, Field(ge=1, le=1_000)] = 24
    other: Name = "other"
    priorities: Annotated[tuple[Priority, ...], Field(min_length=1)] | None = None
    otherwise: Name | None = Field(default=None, alias="else")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.of is None) == (self.priorities is None):
            raise ValueError("give exactly one of 'of' and 'priorities'")
        unused = {"max_cells", "other"} if self.of is None else {"otherwise"}
        if strange := sorted(unused & self.model_fields_set):
            key = "else" if strange[0] == "otherwise" else strange[0]
            raise ValueError(f"'{key}' belongs to '{'of' if self.of is None else 'priorities'}'")
        return self


class SurveyClassesSegmentation(_Segmentation):
    """The latent classes of ``models.survey_classes``; without ``inferred`` only customers who answered."""

    kind: Literal["survey_classes"]
    model: Name
    inferred: bool = True


Segmentation = Annotated[
    RulesSegmentation
    | RfmSegmentation
    | QuantilesSegmentation
    | ClustersSegmentation
    | AttributeSegmentation
    | HybridSegmentation
    | SurveyClassesSegmentation,
    Field(discriminator="kind"),
]


class SegmentationsConfig(Model):
    segmentations: dict[Name, Segmentation]
