"""What ``segmentation audience preview`` prints: the list as a person reads it, from the waterfall to the first ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.table import Table

    from segmentation_pipeline.assets.audience_preview import Preview
    from segmentation_pipeline.config.schema import Campaign


def print_preview(console: Console, found: Preview, campaign: Campaign) -> None:
    """Print each part under its heading; of a part without content why there is none."""
    from rich.markup import escape

    from segmentation_pipeline.contracts.labels import FunnelStep

    def line(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False)

    name, title = escape(found.campaign), escape(campaign.title)
    line(f"[bold]{name}[/] {title}: as a run of {found.as_of} would make it. Nothing is written.")
    arms = ", ".join(f"{arm} {people:,}" for arm, people in found.arms.items())
    line(f"[bold]People[/] {escape(arms) or 'nobody'}")
    line(f"[bold]Cost[/] {_money(found.cost, 'not known: the campaign has no cost_per_contact')}")
    line(f"[bold]Expected gain[/] {_money(found.gain, 'not known: the campaign has no value')}{_assumed(found, campaign)}")
    small = f" [yellow]Too small to measure anything: {escape(found.too_small)}.[/]" if found.too_small else ""
    line(f"[bold]Measurable[/] {escape(found.can_show)}.{small}")
    line(f"[bold]Change[/] {_change(found)}")
    steps = _table("step", "entered", "left out", "remained", "why", title="who drops out where")
    for row in found.funnel:
        if row["left_out"] or row["step"] == FunnelStep.EXPORTED:
            numbers = [f"{row[name]:,}" for name in ("entered", "left_out", "remained")]
            steps.add_row(str(row["step"]), *numbers, escape(str(row["reason"])))
    console.print(steps)
    if found.overlaps:
        overlaps = _table("campaign", "passed both gates", "on both lists", "contacted by both", title="overlaps")
        for row in found.overlaps:
            counts = [f"{row[name]:,}" for name in ("passed_both", "listed_both", "contacted_by_both")]
            overlaps.add_row(escape(str(row["campaign"])), *counts)
        console.print(overlaps)
    if found.rows:
        people = _table("rank", "customer", "arm", campaign.rank_by, "why", title=f"the first {len(found.rows)}")
        for row in found.rows:
            value = "" if row["expected_value"] is None else f"{row['expected_value']:,.2f}"
            people.add_row(str(row["rank"]), escape(str(row["customer"])), str(row["arm"]), value, escape(_why(row, campaign)))
        console.print(people)


def _table(first: str, *others: str, title: str) -> Table:
    from rich.table import Table

    return Table(first, *others, title=title, title_justify="left")


def _money(amount: float | None, unknown: str) -> str:
    return unknown if amount is None else f"{amount:,.2f}"


def _assumed(found: Preview, campaign: Campaign) -> str:
    from rich.markup import escape

    return (
        f" if it is right that {escape(campaign.value_assumption)}"
        if found.gain is not None and campaign.value_assumption
        else ""
    )


def _change(found: Preview) -> str:
    if found.change is None:
        return "the campaign has no earlier list"
    change = found.change
    return f"against the list of {change.as_of}: {change.entering:,} enter, {change.leaving:,} leave, {change.staying:,} stay"


def _why(row: Mapping[str, object], campaign: Campaign) -> str:
    """The reason without the rule, which is the same for all of them."""
    return str(row["reason"]).removeprefix(f"rule holds: {campaign.audience}; ")
