"""Windows rules ask for: rows of a source in the last days, counted, or a column of theirs summed.

A rule that says ``count(web_sessions, 30)`` makes a family of the source's windows; there is no
family of windows nobody asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source
from segmentation_pipeline.features.trailing import ORDER_EVENTS, Inside, Trailing
from segmentation_pipeline.rules.lexer import windows_in
from segmentation_pipeline.rules.parse import parse_rule
from segmentation_pipeline.rules.windows import EVENT_DATE, EVENTS, Window, event_columns

ORDERS, RETURNS = "orders", "returns"
_EXACT = "decimal(28, 6)"
"""Doubles are summed as decimals: a sum of doubles would depend on the order rows are met in."""


def rule_window_families(config: Config) -> tuple[Family, ...]:
    """One family per source whose windows the rules of segmentations, campaigns and models ask for."""
    windows: dict[str, dict[str, Window]] = {}
    for text in _rules(config):
        for window in windows_in(text):
            windows.setdefault(window.source, {})[window.name] = window
    return tuple(_family(source, tuple(windows[source][name] for name in sorted(windows[source]))) for source in sorted(windows))


def _rules(config: Config) -> Iterator[str]:
    for segmentation in config.segmentations.values():
        yield from (segment.when for segment in segmentation.rules())
    for campaign in config.campaigns.values():
        yield campaign.audience
        if campaign.value is not None:
            yield campaign.value
    yield from (asked.for_ for asked in config.predictions.values())
    yield from (entry.for_ for entry in config.uplift.values())


def _family(source: str, windows: tuple[Window, ...]) -> Family:
    of_orders = source in (ORDERS, RETURNS)
    trailing = {window.name: Trailing(ORDER_EVENTS if of_orders else source, window.days) for window in windows}

    def order_sums(events: ir.Table, inside: Inside, config: Config) -> dict[str, ir.Value]:
        rows, kind = _order_rows(events, source)
        return {window.name: _measured(window, rows, kind & inside(trailing[window.name])) for window in windows}

    def build(inputs: Inputs) -> ir.Table:
        if of_orders:
            facts = inputs.order_facts
            return facts.select("customer_id", **{w.name: _as_declared(w, facts[w.name]) for w in windows})
        events = inputs.sources[source]
        rows = {name: events[name] for name in event_columns(source)}
        return events.group_by("customer_id").agg(
            **{w.name: _as_declared(w, _measured(w, rows, inputs.inside(trailing[w.name], events))) for w in windows}
        )

    features = tuple(Feature(_column(window), _needs(window)) for window in windows)
    family = Family(
        name=f"asked_{source}",  # published, in the lineage of columns
        description=f"Windows of {source} that rules ask for.",
        features=lambda config: features,
        build=build,
        reads=() if of_orders else (source,),
        windows=tuple(dict.fromkeys(trailing.values())),
        off=needs_source(source),
    )
    return replace(family, order_sums=order_sums) if of_orders else family


def _order_rows(events: ir.Table, source: str) -> tuple[Mapping[str, ir.Value], ir.BooleanValue]:
    """The columns of orders or of returns among ``order_events``, and which rows are theirs."""
    if source == RETURNS:
        return {"amount": events.returned, EVENT_DATE.name: events.event_date}, ~events.is_order
    return {name: events[name] for name in event_columns(ORDERS)}, events.is_order


def _measured(window: Window, rows: Mapping[str, ir.Value], inside: ir.BooleanValue) -> ir.Value:
    if window.where is not None:
        # ``as_of`` cannot stand in it: the window alone moves with the day.
        inside = inside & parse_rule(window.where, event_columns(window.source)).bind(rows, date.min)
    if window.column is None:
        return inside.sum().cast("int64")
    value = rows[window.column]
    exact = value.cast(_EXACT) if event_columns(window.source)[window.column].type is Type.NUMBER else value
    return exact.sum(where=inside)


def _as_declared(window: Window, value: ir.Value) -> ir.Value:
    return value.fill_null(0).cast(_column(window).type.ibis)


def _column(window: Window) -> Column:
    where = f" where {window.where}" if window.where else ""
    rows = f"rows of {window.source} in the last {window.days} days{where}."
    if window.column is None:
        return Column(window.name, Type.INTEGER, f"Number of {rows}", "rows", minimum=0)
    summed = event_columns(window.source)[window.column]
    kept = 0.0 if summed.minimum is not None and summed.minimum >= 0 else None
    return Column(window.name, summed.type, f"Sum of {summed.name} over the {rows}", summed.unit, minimum=kept)


def _needs(window: Window) -> tuple[str, ...]:
    return tuple(f"{window.source}.{name}" for name in (EVENTS[window.source].event_time, *window.columns_read))
