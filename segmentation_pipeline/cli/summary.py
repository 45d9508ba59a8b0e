"""What a run made and where it is, for the person at the terminal."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.published import publication, reading
from segmentation_pipeline.settings import Settings

if TYPE_CHECKING:
    from segmentation_pipeline.assets.run_outcome import Outcome

_READERS = {"duckdb": "open with any DuckDB client", "spark": "a folder of Parquet files per table"}


def print_stopped(as_of: date, before: date | None, outcome: Outcome | None) -> None:
    """What is left of a run that was stopped; ``before`` is the last day of a backfill that was published before it."""
    if outcome is not None and outcome.published:
        told = f"Stopped. {as_of} is published, but not every destination has it; run again to go on"
    elif before is not None:
        told = f"Stopped. Days up to {before} are published, {as_of} is not; run again with --from {as_of} to go on"
    else:
        told = "Stopped. Nothing was published; run again to go on"
    Console().print(f"[yellow]{told}[/]", soft_wrap=True, highlight=False)


def print_summary(settings: Settings, config: Config, as_of: date, outcome: Outcome) -> None:
    console = Console()
    path = publication(settings, config.pipeline.engine)
    for message in outcome.warnings:
        console.print(f"[yellow]warning[/] {escape(message)}", soft_wrap=True, highlight=False)
    if not outcome.success:
        for message in dict.fromkeys(outcome.errors):
            console.print(f"[bold red]error[/] {escape(message)}", soft_wrap=True, highlight=False)
        kept = "The last publication is untouched." if path.exists() else "Nothing was published."
        if outcome.published:
            kept = "All is made and published, but not every destination has it; the next run brings it there."
        if tables.PUBLICATION in outcome.rows and tables.REPORT not in outcome.rows:
            kept = "All is made and published, but not the report; 'segmentation report' makes it."
        console.print(
            f"[bold red]Run failed[/] after {outcome.seconds:.1f} s. {kept} Run [bold]segmentation ui[/] to look closer."
        )
        return
    _accounting(console, path, as_of)
    _campaigns(console, path, as_of)
    console.print(f"[bold green]Done[/] in {outcome.seconds:.1f} s: {len(outcome.rows)} assets made, as of {as_of}.")
    console.print(f"  published   {_shown(path)}   ({_READERS[config.pipeline.engine.kind]})", highlight=False)
    console.print(f"  report      {_shown(settings.report)}   (open in a browser)", highlight=False)
    if outcome.audiences_left:
        console.print(
            f"[yellow]audiences left as they were[/]: {escape(outcome.audiences_left)}", soft_wrap=True, highlight=False
        )
    console.print(f"  audiences   {_shown(settings.audiences / as_of.isoformat())}/", highlight=False)
    if config.campaigns:
        console.print("              before sending: segmentation audience verify", highlight=False)
    console.print(f"  data docs   {_shown(settings.data_docs / 'index.html')}", highlight=False)
    console.print("  UI          make ui   (or: segmentation ui)", highlight=False)
    if config.privacy.consent == "not_required":
        console.print(f"[yellow]consent not required[/]: {escape(config.privacy.consent_not_required_reason or '')}")


def _accounting(console: Console, path: Path, as_of: date) -> None:
    columns = ["read", "clean", "quarantined", "superseded", "later"]
    with reading(path) as published:
        total = "SELECT sum(anonymous), sum(erased), sum(expired), sum(skipped) FROM row_accounting WHERE as_of = ?"
        [found] = published.execute(total, [as_of]).fetchall()
    columns += [name for name, rows in zip(("anonymous", "erased", "expired", "skipped"), found, strict=True) if rows]
    query = f"SELECT source, {', '.join(columns)} FROM row_accounting WHERE as_of = ? ORDER BY source"
    _print_table(console, path, query, as_of, ["source", *columns])
    with reading(path) as published:
        totals = "SELECT orders, net_revenue FROM shop_totals WHERE as_of = ? AND belongs_to = 'nobody' AND orders > 0"
        for orders, revenue in published.execute(totals, [as_of]).fetchall():
            console.print(f"orders that belong to nobody: {orders:,}, {revenue:,.2f} net; they count in shop_totals alone")


def _campaigns(console: Console, path: Path, as_of: date) -> None:
    query = (
        "SELECT campaign || CASE WHEN version > 1 THEN ', version ' || version ELSE '' END, "
        "count(*) FILTER (arm <> 'holdout'), count(*) FILTER (arm = 'holdout') "
        "FROM campaign_audiences WHERE as_of = ? GROUP BY 1 ORDER BY 1"
    )
    _print_table(console, path, query, as_of, ["audience", "contacted", "held out"])
    with reading(path) as published:
        query = (
            """SELECT source, count(*), first(file || ' record ' || "row" ORDER BY file, "row") """
            "FROM unmatched_opt_outs WHERE as_of = ? GROUP BY 1"
        )
        for source, rows, first in sorted(published.execute(query, [as_of]).fetchall()):
            told = f"opt-outs in {source} that match nobody: {rows:,}, such as {first}; all are in table unmatched_opt_outs"
            console.print(f"[yellow]warning[/] {escape(told)}", soft_wrap=True, highlight=False)


def _print_table(console: Console, path: Path, query: str, as_of: date, headers: list[str]) -> None:
    """A published table in small; the first column is text, the others are counts."""
    with reading(path) as published:
        rows = published.execute(query, [as_of]).fetchall()
    table = Table(headers[0])
    for header in headers[1:]:
        table.add_column(header, justify="right")
    for row in rows:
        table.add_row(escape(str(row[0])), *(f"{value:,}" for value in row[1:]))
    if rows:
        console.print(table)


def _shown(path: Path) -> str:
    """A path as a person at the terminal would type it, without markup."""
    try:
        return escape(str(path.relative_to(Path.cwd())))
    except ValueError:
        return escape(str(path))
