"""What the configuration would change: who would enter and leave each segment against the last publication.

Only segmentations are made anew.  Features and model scores are those published, so a change of
sources, of the pipeline's settings or of the models shows in the next run alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.catalog import customer_columns
from segmentation_pipeline.rules.dependencies import dependencies, levels
from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.definitions import definitions_table
from segmentation_pipeline.segmentations.guards import segment_sizes
from segmentation_pipeline.segmentations.kinds import kinds_of
from segmentation_pipeline.segmentations.membership import memberships
from segmentation_pipeline.segmentations.rule_binding import bound_rules, rule_vocabulary
from segmentation_pipeline.segmentations.unpublished import off_segmentations, unpublished_in

EXAMPLES = 3
KEY = ("segmentation", "segment")


@dataclass(frozen=True, slots=True)
class Effect:
    """What would become of one segment; the examples are the first customers by number."""

    segmentation: str
    segment: str
    before: int
    after: int
    entering: int
    leaving: int
    who_enters: tuple[str, ...]
    who_leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """``effects`` of every segment with members before or after, ``untold``: why of some segmentations nothing can be said."""

    effects: tuple[Effect, ...]
    untold: Mapping[str, str]


def impact(engine: Engine, profile: ir.Table, published: ir.Table, config: Config, as_of: date) -> Impact:
    """The segments of ``config`` over ``profile``, compared with those ``published``.

    ``profile`` and ``published`` are ``customer_profile`` and ``customer_segments`` of a publication
    for day ``as_of``.  Nothing is written but what ``engine`` keeps for the moment.
    """
    made = {"customer_id", *customer_columns(config)}
    known = [column for column in profile.columns if column in made]
    kinds = kinds_of(config.segmentations)
    untold = _untold(config, set(known)) | off_segmentations(kinds, unpublished_in(engine, profile, config))
    told = {name: segmentation for name, segmentation in kinds.items() if name not in untold}
    before = published.filter(~published.segmentation.isin([*untold])).select("customer_id", *KEY)
    if not told:
        return Impact(_effects(engine, before, before.limit(0)), untold)
    bind = bound_rules(config, as_of)
    assigned = assign(engine, profile.select(known), told, bind).profile
    with engine.staged(all_segments(assigned, told, bind)) as wide:
        after = memberships(wide, told, definitions_table(engine, ())).select("customer_id", *KEY)
        return Impact(_effects(engine, before, after), untold)


def _untold(config: Config, known: set[str]) -> dict[str, str]:
    """Segmentations that read what was not published, or others that do."""
    words, graph = rule_vocabulary(config), dependencies(config.segmentations)
    kinds = kinds_of(config.segmentations)
    untold: dict[str, str] = {}
    for level in levels(config.segmentations):
        for name in level:
            segmentation = kinds[name]
            read = [*segmentation.columns_read()]
            read += [column for segment in segmentation.rules() for column in words.parse(segment.when).columns]
            missing = [column for column in dict.fromkeys(read) if column not in known and column not in config.segmentations]
            if missing:
                untold[name] = f"the last run did not make {', '.join(missing)}; run first"
            elif others := [other for other in graph[name] if other in untold]:
                untold[name] = f"it reads {', '.join(others)}, of which nothing can be told yet"
    return {name: untold[name] for name in config.segmentations if name in untold}


def _effects(engine: Engine, before: ir.Table, after: ir.Table) -> tuple[Effect, ...]:
    then = before.select(customer_before="customer_id", segmentation_before="segmentation", segment_before="segment")
    same = [after[name] == then[f"{name}_before"] for name in KEY]
    both = after.outer_join(then, [after.customer_id == then.customer_before, *same])
    moved = both.filter(both.customer_id.isnull() | both.customer_before.isnull()).select(
        customer_id=ibis.coalesce(both.customer_id, both.customer_before),
        entering=both.customer_before.isnull(),
        **{name: ibis.coalesce(both[name], both[f"{name}_before"]) for name in KEY},
    )
    sizes_before, sizes_after = segment_sizes(engine, before), segment_sizes(engine, after)
    with engine.staged(moved) as movers:
        counts = {(str(row[KEY[0]]), str(row[KEY[1]])): row for row in engine.rows(_counted(movers))}
        place = ibis.row_number().over(ibis.window(group_by=[*KEY, "entering"], order_by="customer_id"))
        first = movers.mutate(place=place).filter(ibis._.place < EXAMPLES).order_by("customer_id")
        examples = engine.rows(first)
    return tuple(
        Effect(
            segmentation=name,
            segment=segment,
            before=sizes_before.get((name, segment), 0),
            after=sizes_after.get((name, segment), 0),
            entering=_number(counts, name, segment, "entering"),
            leaving=_number(counts, name, segment, "leaving"),
            who_enters=_those(examples, name, segment, entering=True),
            who_leaves=_those(examples, name, segment, entering=False),
        )
        for name, segment in sorted({*sizes_before, *sizes_after})
    )


def _counted(movers: ir.Table) -> ir.Table:
    return movers.group_by(KEY).agg(entering=movers.count(where=movers.entering), leaving=movers.count(where=~movers.entering))


def _number(counts: Mapping[tuple[str, str], Mapping[str, Any]], name: str, segment: str, what: str) -> int:
    return int(counts[name, segment][what]) if (name, segment) in counts else 0


def _those(rows: Sequence[Mapping[str, Any]], name: str, segment: str, *, entering: bool) -> tuple[str, ...]:
    key = (name, segment, entering)
    return tuple(str(row["customer_id"]) for row in rows if (row[KEY[0]], row[KEY[1]], row["entering"]) == key)
