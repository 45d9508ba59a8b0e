"""What every campaign changed: each arm against the control, with intervals that hold, and a verdict in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.measurement.campaign_result_columns import ALL, CAMPAIGN_RESULTS_COLUMNS
from segmentation_pipeline.measurement.campaign_starts import Start, first_assigned, kept_starts
from segmentation_pipeline.measurement.comparison import Arms, Asked, compared
from segmentation_pipeline.measurement.contact_costs import campaign_costs
from segmentation_pipeline.measurement.definitions import LISTS, LOG, Definition, configured, observational
from segmentation_pipeline.measurement.measurement import Inputs, Measurement
from segmentation_pipeline.measurement.months import last_day, month_name
from segmentation_pipeline.measurement.outcomes import metrics, read_tables
from segmentation_pipeline.measurement.result_cells import EVER, cells, lost

FEWEST_NAMED = 5
"""A name in the contact log that fewer people share may be anybody's text; it stays there."""
_KEY = ("as_of", "campaign_key", "source", "wave", "segmentation", "segment", "arm", "metric")


def campaign_results(inputs: Inputs) -> ir.Table:
    """The day's rows: of every campaign anybody was assigned to up to ``as_of``, whose windows may not be over yet."""
    rows = list(_rows(inputs))
    schema = {column.name: column.type.ibis for column in CAMPAIGN_RESULTS_COLUMNS}
    return inputs.engine.memtable({name: [row[name] for row in rows] for name in schema}, schema)


def _rows(inputs: Inputs) -> Iterator[dict[str, Any]]:
    assigned = first_assigned(inputs)
    stored = inputs.engine.rows(inputs.table(tables.CAMPAIGN_STARTS))
    starts = kept_starts(stored, inputs.as_of, assigned)
    costs = campaign_costs(inputs)
    definitions = _definitions(inputs, assigned, starts)
    gone = lost(inputs) if definitions else {}
    added_up = cells(inputs, definitions, {key: start.limits for key, start in starts.items()})
    for definition in definitions:
        start = starts.get(definition.key) if definition.randomised else None
        measured = metrics(definition, inputs.config, start.limits if start else {})
        by_cell: dict[tuple[int, str, str], dict[str, Mapping[str, Any]]] = {}
        for row in added_up[definition.key]:
            cell = (int(row["wave"]), str(row["segmentation"]), str(row["segment"]))
            by_cell.setdefault(cell, {})[str(row["arm"])] = row
        if not definition.randomised and definition.source == LOG and _people(by_cell) < FEWEST_NAMED:
            continue
        asked = Asked(definition, start, measured, inputs.as_of, costs.of(definition, by_cell))
        for (wave, segmentation, segment), arms in by_cell.items():
            of_cell = _described(inputs, definition, start, wave, segmentation, segment)
            of_cell["lost"] = gone.get(definition.key, {}).get(wave, 0) if definition.source == LISTS else 0
            whole = by_cell[wave, ALL, ALL]
            yield from (of_cell | row for row in compared(asked, Arms(arms, whole, wave), of_cell["planned_end"]))


def _people(by_cell: Mapping[tuple[int, str, str], Mapping[str, Mapping[str, Any]]]) -> int:
    """Everybody ever assigned, in whatever arm."""
    return sum(int(row["assigned"]) for row in by_cell.get((EVER, ALL, ALL), {}).values())


def _definitions(inputs: Inputs, assigned: Mapping[tuple[str, str], date], starts: Mapping[str, Start]) -> list[Definition]:
    """The campaigns with people: as they are configured, as they were kept where they no longer are, or as the log has them."""
    now = configured(inputs.config)
    found = []
    for key, source in sorted(assigned):
        kept = starts[key].definition if key in starts else None
        if key in now and now[key].source == source:
            found.append(now[key])
        elif key not in now and kept is not None and kept.source == source:
            found.append(kept)
        elif source == LOG and key not in now:
            found.append(observational(key))
    return found


def _described(
    inputs: Inputs, definition: Definition, start: Start | None, wave: int, segmentation: str, segment: str
) -> dict[str, Any]:
    return {
        "as_of": inputs.as_of,
        "campaign_key": definition.key,
        "campaign": definition.name,
        "channel": definition.channel,
        "source": definition.source,
        "wave": ALL if wave == EVER else month_name(wave),
        "segmentation": segmentation,
        "segment": segment,
        "planned_end": planned_end(definition, wave),
        "definition": definition.digest,
        "definition_changed": start is not None and start.digest != definition.digest,
    }


def planned_end(definition: Definition, wave: int) -> date | None:
    """The day on which the last window of the wave is over; None of a campaign that goes on."""
    ends = [definition.ends] if definition.ends is not None else []
    if wave != EVER:
        ends.append(last_day(wave))
    # A list's window begins a day after the list.
    days = definition.measurement.window_days - (definition.source == LOG)
    return min(ends) + timedelta(days=days) if ends else None


def _reads(config: Config) -> tuple[str, ...]:
    history = [tables.SEGMENT_HISTORY] if any(each.measurement.by for each in configured(config).values()) else []
    spent = [tables.clean("marketing_costs")] if config.has("marketing_costs") else []
    return (
        tables.CAMPAIGN_ASSIGNMENTS,
        tables.CAMPAIGN_STARTS,
        tables.CAMPAIGN_FUNNEL,
        *history,
        *spent,
        *read_tables(config),
    )


CAMPAIGN_RESULTS = Measurement(
    TableContract(
        tables.CAMPAIGN_RESULTS,
        "An arm of a campaign against its control, by wave, segment and metric: effect, intervals, verdict, cost.",
        CAMPAIGN_RESULTS_COLUMNS,
        key=_KEY,
        published=True,
        accumulates=True,
        checked=True,
        owner="team:crm",
    ),
    _reads,
    campaign_results,
)
