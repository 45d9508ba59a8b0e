"""Which segment is each customer in?  One wide expression over the scored customers.

Belongs here: how each kind of segmentation picks a segment.  Does not belong here: the rule
language (``config/rules.py``), the models behind RFM and clusters, and what happens over time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.config.segmentations import levels
from segmentation_pipeline.contracts.scores import cluster_columns, survey_class_columns
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.segmentations.cells import cell, kept_cells
from segmentation_pipeline.segmentations.cut_points import CutPoint, comparable, find_cut_points
from segmentation_pipeline.segmentations.kinds.attribute import AttributeSegmentation
from segmentation_pipeline.segmentations.kinds.clusters import ClustersSegmentation
from segmentation_pipeline.segmentations.kinds.hybrid import HybridSegmentation
from segmentation_pipeline.segmentations.kinds.quantiles import QuantilesSegmentation
from segmentation_pipeline.segmentations.kinds.rfm import RfmSegmentation
from segmentation_pipeline.segmentations.kinds.survey_classes import SurveyClassesSegmentation

SCORE_SUFFIX = "__score"

Bind = Callable[[str, ir.Table], ir.BooleanValue]
"""A rule's text and a table to the rule as a condition on that table."""


class MissingColumn(UserError):
    """A segmentation needs a column the scored customers do not have."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Everybody's segments and the numbers that were measured to find them.

    ``profile``: a row is a customer; the scored columns and per exclusive segmentation a column of
    its name with the segment (text, null = in no segment).  ``cut_points``: per quantile
    segmentation its tiers, best first.
    """

    profile: ir.Table
    cut_points: Mapping[str, tuple[CutPoint, ...]]


def exclusive_names(segmentations: Mapping[str, Segmentation]) -> list[str]:
    """The segmentations with one text column in ``Assignment.wide``, in config order."""
    return [name for name, segmentation in segmentations.items() if segmentation.is_exclusive]


def assign(engine: Engine, scored: ir.Table, segmentations: Mapping[str, Segmentation], bind: Bind) -> Assignment:
    """Assign every row of ``scored`` (one per customer) to the segments of all segmentations.

    Rules: the first rule that holds wins; a rule that meets unknown values does not hold.
    RFM, clusters and survey classes: the models' column.  Quantiles: the cut points are measured now, over the
    customers with a value.  Attribute: the value as a label, rare labels together.  Hybrid: the cells
    that are kept are counted now, or the first priority that holds.  What a segmentation reads of
    others is assigned before it.

    Raises ``MissingColumn`` when a segmentation reads a column that is not there.
    """
    for name, segmentation in segmentations.items():
        _require(name, scored, columns_read(segmentation))
    cut_points = {
        name: find_cut_points(engine, scored[segmentation.column], segmentation.segments)
        for name, segmentation in segmentations.items()
        if isinstance(segmentation, QuantilesSegmentation)
    }
    attributes = {name: each for name, each in segmentations.items() if isinstance(each, AttributeSegmentation)}
    table = _with_labels(scored, attributes) if attributes else scored
    for level in levels(segmentations):
        segments: dict[str, ir.Value] = {}
        for name in level:
            segmentation = segmentations[name]
            if isinstance(segmentation, HybridSegmentation) and segmentation.of:
                segments[name] = cell(table, segmentation, kept_cells(engine, table, segmentation))
            elif segmentation.is_exclusive:
                segments[name] = _segment(table, name, segmentation, cut_points.get(name, ()), bind)
        table = table.mutate(**segments)
    return Assignment(table.select(*scored.columns, *exclusive_names(segmentations)), cut_points)


def all_segments(profile: ir.Table, segmentations: Mapping[str, Segmentation], bind: Bind) -> ir.Table:
    """Every segment of every customer of ``Assignment.profile``.

    A row is a customer; per segmentation a column of its name (for segmentations that are not
    exclusive an array of segments, perhaps empty) and ``<name>__score`` (double, null where the
    kind has no score).
    """
    columns: dict[str, ir.Value] = {"customer_id": profile.customer_id}
    for name, segmentation in segmentations.items():
        if not segmentation.is_exclusive:
            columns[name] = _rules_that_hold(profile, segmentation, bind)
        else:
            columns[name] = profile[name]
        columns[name + SCORE_SUFFIX] = _score(profile, segmentation)
    return profile.select(**columns)


def label(text: ir.StringValue) -> ir.StringValue:
    """A value as a segment name: lower case, everything but letters and digits as one ``_``."""
    words = text.lower().re_replace(r"[^\p{L}\p{N}]+", "_")
    return words.re_replace(r"^_+|_+$", "").nullif("")


def columns_read(segmentation: Segmentation) -> tuple[str, ...]:
    """The columns of the scored customers it is made from, beside those its rules name."""
    if isinstance(segmentation, RfmSegmentation):
        return ("rfm_segment", "rfm_score")
    if isinstance(segmentation, ClustersSegmentation):
        return tuple(column.name for column in cluster_columns(segmentation.model, "")[1:])
    if isinstance(segmentation, QuantilesSegmentation | AttributeSegmentation):
        return (segmentation.column,)
    if isinstance(segmentation, SurveyClassesSegmentation):
        return tuple(column.name for column in survey_class_columns(segmentation.model))
    return ()  # the binding of a rule checks the rule's columns


def _require(name: str, table: ir.Table, columns: Iterable[str]) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise MissingColumn(
            f"segmentation '{name}' reads column '{missing[0]}', which the scored customers do not have; "
            "name another column or remove the segmentation from segmentations.yaml"
        )


def _segment(table: ir.Table, name: str, segmentation: Segmentation, cuts: tuple[CutPoint, ...], bind: Bind) -> ir.Value:
    if isinstance(segmentation, RfmSegmentation):
        return table.rfm_segment
    if isinstance(segmentation, ClustersSegmentation):
        return table[columns_read(segmentation)[0]]
    if isinstance(segmentation, QuantilesSegmentation):
        return tier(table[segmentation.column], cuts)
    if isinstance(segmentation, SurveyClassesSegmentation):
        told, inferred, _ = (table[column] for column in columns_read(segmentation))
        return told if segmentation.inferred else ibis.ifelse(inferred, ibis.null("string"), told)
    if isinstance(segmentation, AttributeSegmentation):
        own = table[_label(name)]
        rare = own.notnull() & table[_label_size(name)].isnull()
        return ibis.ifelse(rare, segmentation.other, own)
    rules = segmentation.rules()
    return ibis.cases(*((bind(segment.when, table), segment.name) for segment in rules), else_=ibis.null("string"))


def _rules_that_hold(table: ir.Table, segmentation: Segmentation, bind: Bind) -> ir.ArrayValue:
    names = [ibis.ifelse(bind(s.when, table), s.name, ibis.null("string")) for s in segmentation.rules()]
    return ibis.array(names).filter(lambda segment: segment.notnull())


def tier(column: ir.Column, cuts: tuple[CutPoint, ...]) -> ir.StringValue:
    """The tier a value falls in; null when it is unknown."""
    value = comparable(column)
    upper = [(value >= cut.literal, cut.segment) for cut in cuts[:-1] if cut.at_least is not None]
    return ibis.cases(*upper, (value.notnull(), cuts[-1].segment), else_=ibis.null("string"))


def _score(table: ir.Table, segmentation: Segmentation) -> ir.Value:
    if isinstance(segmentation, RfmSegmentation):
        return table.rfm_score.cast("float64")
    if isinstance(segmentation, ClustersSegmentation):
        return table[columns_read(segmentation)[1]].cast("float64")
    if isinstance(segmentation, QuantilesSegmentation):
        return table[segmentation.column].cast("float64")
    if isinstance(segmentation, SurveyClassesSegmentation):
        inferred, confidence = (table[column] for column in columns_read(segmentation)[1:])
        return confidence if segmentation.inferred else ibis.ifelse(inferred, ibis.null("float64"), confidence)
    return ibis.null("float64")


def _label(name: str) -> str:
    return f"{name}__label"


def _label_size(name: str) -> str:
    return f"{name}__label_size"


def _with_labels(scored: ir.Table, attributes: Mapping[str, AttributeSegmentation]) -> ir.Table:
    """Add each customer's labels and, of those common enough for a segment, their number of customers.

    All are counted in one table of labels: counted one upon the other, each would double the work of those before.
    """
    labelled = scored.mutate(**{_label(name): label(scored[each.column]) for name, each in attributes.items()})
    rows = labelled
    for name, each in attributes.items():
        known, common = labelled.filter(labelled[_label(name)].notnull()), f"{name}__common"
        sizes = known.group_by(_label(name)).agg(known.count().name(_label_size(name)))
        sizes = sizes.filter(sizes[_label_size(name)] >= each.min_size).rename({common: _label(name)})
        rows = rows.left_join(sizes, labelled[_label(name)] == sizes[common])
    return rows.select(*labelled.columns, *(_label_size(name) for name in attributes))
