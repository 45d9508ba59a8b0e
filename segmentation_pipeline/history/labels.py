"""Names people see and keys history is kept by: a renamed segmentation or segment goes on where it was.

``membership_changes`` and ``observed_days`` hold keys; everything made from them holds the names of today.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.rules.dependencies import CROSS

Segmentations = Mapping[str, Segmentation]
BEFORE = "__before"
"""After the key of what is no longer configured and whose name something else has been given."""
_OF_PATTERNS = re.compile(r"([.^$*+?{}\[\]\\|()])")


def key_of(name: str, segmentations: Segmentations) -> str:
    """The key of a configured segmentation."""
    return segmentations[name].key_under(name)


def segment_keys(name: str, segmentations: Segmentations) -> dict[str, str]:
    """The key of every segment of a segmentation whose key is not its name.

    A segment made of others goes by their keys: ``golden_x_active`` is still ``gold_x_active`` when ``golden`` was ``gold``.
    Where only the data tells all cells (``golden_x_high_frequency``) they are not listed here, but ``by_key`` and ``by_name``
    read them part by part.
    """
    keys = segmentations[name].segment_keys(segmentations)
    return {segment: key for segment, key in keys.items() if segment != key}


def by_key(table: ir.Table, segmentations: Segmentations) -> ir.Table:
    """``table`` with keys in place of the names in ``segmentation`` and, where it has it, ``segment``."""
    segmentation = {name: key_of(name, segmentations) for name in segmentations}
    segment = {(name, old): new for name in segmentations for old, new in segment_keys(name, segmentations).items()}
    cells = {name: cell for name in segmentations if (cell := _cell(table, name, segmentations, to_names=False)) is not None}
    return _relabelled(table, segmentation, segment, cells)


def by_name(table: ir.Table, segmentations: Segmentations) -> ir.Table:
    """``table`` with today's names in place of keys.

    What is no longer configured keeps its key, with ``BEFORE`` after it where something else bears that name today.
    """
    keys = {key_of(name, segmentations): name for name in segmentations}
    segmentation = {name: name + BEFORE for name in segmentations if name not in keys} | keys
    segment: dict[tuple[str, str], str] = {}
    for name in segmentations:
        renamed = segment_keys(name, segmentations)
        kept = {renamed.get(each, each) for each in segmentations[name].segment_names(segmentations)}
        gone = {label: label + BEFORE for label in renamed if label not in kept}
        labels = gone | {key: label for label, key in renamed.items()}
        segment |= {(key_of(name, segmentations), old): new for old, new in labels.items()}
    found = {name: _cell(table, name, segmentations, to_names=True) for name in segmentations}
    cells = {key_of(name, segmentations): cell for name, cell in found.items() if cell is not None}
    return _relabelled(table, segmentation, segment, cells)


def _cell(table: ir.Table, name: str, segmentations: Segmentations, *, to_names: bool) -> ir.StringValue | None:
    """The segments of ``table`` read as cells of a cross some of whose parts only the data tells, such as clusters.

    None where ``name`` is no such cross, or nothing of it is called otherwise than its key.
    """
    if "segment" not in table.columns or not _is_open(name, segmentations):
        return None
    return _read(cast(ir.StringValue, table.segment), name, segmentations, to_names)


def _is_open(name: str, segmentations: Segmentations) -> bool:
    segmentation = segmentations.get(name)
    return segmentation is not None and segmentation.cross is not None and not segmentation.segment_names(segmentations)


def _read(text: ir.StringValue, name: str, segmentations: Segmentations, to_names: bool) -> ir.StringValue | None:
    """A segment of ``name`` as its key, or, with ``to_names``, of its key; None when it is the same."""
    if name not in segmentations:
        return None
    renamed = segment_keys(name, segmentations)
    if renamed:
        changes = [(key, label) if to_names else (label, key) for label, key in renamed.items()]
        return cast(ir.StringValue, ibis.cases(*((text == old, ibis.literal(new)) for old, new in changes), else_=text))
    cross = segmentations[name].cross
    if cross is None or not _is_open(name, segmentations):
        return None
    pattern = "^" + CROSS.join(f"({_spellings(each, segmentations, keys=to_names)})" for each in cross.of) + "$"
    pieces = [text.re_extract(pattern, place) for place in range(1, len(cross.of) + 1)]
    read = [_read(piece, each, segmentations, to_names) for piece, each in zip(pieces, cross.of, strict=True)]
    if all(part is None for part in read):
        return None
    parts = [piece if part is None else part for piece, part in zip(pieces, read, strict=True)]
    joined = reduce(lambda so_far, part: so_far + CROSS + part, parts)
    return cast(ir.StringValue, ibis.ifelse(text.re_search(pattern) & (text != cross.other), joined, text))


def _spellings(name: str, segmentations: Segmentations, *, keys: bool) -> str:
    """A pattern of the names, or ``keys``, a part of a cell may have; of those only the data tells, of anything."""
    names = segmentations[name].segment_names(segmentations) if name in segmentations else ()
    if not names:
        return ".+?"
    known = segment_keys(name, segmentations) if keys else {}
    # The longest first: one name may begin like another.
    spelled = sorted({known.get(each, each) for each in names}, key=lambda each: (-len(each), each))
    return "|".join(_OF_PATTERNS.sub(r"\\\1", each) for each in spelled)


def _relabelled(
    table: ir.Table,
    segmentation: Mapping[str, str],
    segment: Mapping[tuple[str, str], str],
    cells: Mapping[str, ir.StringValue],
) -> ir.Table:
    changed = {}
    renamed = [(table.segmentation == old, ibis.literal(new)) for old, new in segmentation.items() if old != new]
    if renamed:
        changed["segmentation"] = ibis.cases(*renamed, else_=table.segmentation)
    if (segment or cells) and "segment" in table.columns:
        cases: list[tuple[ir.BooleanValue, ir.Value]] = [
            ((table.segmentation == of) & (table.segment == old), ibis.literal(new)) for (of, old), new in segment.items()
        ]
        cases += [(table.segmentation == of, cell) for of, cell in cells.items()]
        changed["segment"] = ibis.cases(*cases, else_=table.segment)
    return cast(ir.Table, table.mutate(**changed)) if changed else table
