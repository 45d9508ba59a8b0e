"""``segmentation forget``: erase people everywhere, so that they stay erased, and certify it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segmentation_pipeline.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from segmentation_pipeline.config.schema import Config
    from segmentation_pipeline.rights.outcome import Erasure
    from segmentation_pipeline.rights.person import Asked
    from segmentation_pipeline.settings import Settings

_COLUMNS = ("customer_id", "email", "phone")


def forget(
    customer: Annotated[str | None, typer.Argument(help="The customer_id, as in any source.")] = None,
    email: Annotated[str | None, typer.Option(help="E-mail address of the person.")] = None,
    phone: Annotated[str | None, typer.Option(help="Telephone number of the person, as the sources have it.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="CSV file of people, with a column customer_id, email or phone; one person a line.")
    ] = None,
    rewrite_files: Annotated[
        bool, typer.Option("--rewrite-files", help="Take the records out of your own source files too.")
    ] = False,
    removed: Annotated[
        Path | None, typer.Option(help="Write here which lists the person was on, for the tools that received them.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Erase what is dated up to the end of this day, YYYY-MM-DD. Default: up to now.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go; change nothing.")] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Finish erasures that were interrupted, that a restored backup lacks, or that are not complete."
        ),
    ] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Check that no certificate was changed; erase nobody.")] = False,
) -> None:
    """Erase a person from tables, audiences, published and landed files; whatever file brings them later is refused."""
    from rich.console import Console

    from segmentation_pipeline.backup.archive import remove_unfinished
    from segmentation_pipeline.engine import lock
    from segmentation_pipeline.engine.file_modes import private_files
    from segmentation_pipeline.privacy.tombstones import write_private
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.rights import forget as rights
    from segmentation_pipeline.rights.certificate import FILE, verify_chain
    from segmentation_pipeline.rights.recipients import removal_list
    from segmentation_pipeline.settings import Settings

    if removed is not None and (removed.is_dir() or not removed.absolute().parent.is_dir()):
        raise UserError(f"--removed {removed}: expected a file in a folder that exists. Nothing was erased.")
    console = Console()
    settings = Settings.find()
    if verify:
        found = verify_chain(settings.secrets)
        console.print(
            f"[green]ok[/] {len(found)} certificates, none changed or missing: {settings.secrets / FILE}", soft_wrap=True
        )
        return
    config = load_config(settings.config)
    asked = _asked(customer, email, phone, file, resume=resume)
    erased_at = _moment(as_of, config)

    def tell(line: str) -> None:
        console.print(line, soft_wrap=True, highlight=False)

    wait = config.pipeline.run.wait_for_writer_seconds
    with private_files(), lock.writer(settings.writer_lock, "forget", wait, console.print):
        if resume:
            outcome = rights.resume(settings, config, rewrite_files=rewrite_files, tell=tell)
            if outcome is None:
                console.print("[green]nothing to resume[/]: every erasure is carried out and complete.")
                return
        else:
            outcome = rights.forget(settings, config, asked, erased_at, rewrite_files=rewrite_files, dry_run=dry_run, tell=tell)
        if removed is not None and not dry_run:
            write_private(removed, removal_list(outcome.removed))
        if not dry_run:
            remove_unfinished(settings.backups)
    _print(console, outcome, dry_run=dry_run)
    if outcome.certificate:
        tell(f"certificate {str(outcome.certificate['hash'])[:16]} in {settings.secrets / FILE}")
        _tell_of_backups(settings, tell)
    if not dry_run and not outcome.complete:
        raise typer.Exit(1)


def _tell_of_backups(settings: Settings, tell: Callable[[str], None]) -> None:
    tell("Back up the folder 'secrets' apart from 'data': without it erased people would come back, and no run starts.")
    if archives := len(list(settings.backups.glob("*.tar.gz"))):
        what = "archive" if archives == 1 else "archives"
        tell(f"{archives} {what} in {settings.backups} may hold the person: delete what is older.")


def _asked(customer: str | None, email: str | None, phone: str | None, file: Path | None, *, resume: bool) -> Asked:
    from segmentation_pipeline.rights.person import Asked

    given = [value for value in (customer, email, phone, file) if value is not None]
    if resume:
        if given:
            raise UserError("--resume finishes erasures already asked for: name nobody")
        return Asked()
    if len(given) != 1:
        raise UserError("name one person: CUSTOMER, --email ADDRESS or --phone NUMBER; or many by --file LIST")
    if file is None:
        return Asked(*((value,) if value is not None else () for value in (customer, email, phone)))
    if not file.is_file():
        raise UserError(f"--file {file}: no such file")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        names = [name.strip() for name in rows.fieldnames or ()]
        if not set(names) & set(_COLUMNS):
            raise UserError(f"--file {file}: no column customer_id, email or phone. It has: {', '.join(names) or 'none'}")
        people = [{name.strip(): (value or "").strip() for name, value in row.items() if isinstance(name, str)} for row in rows]
    asked: dict[str, list[str]] = {name: [] for name in _COLUMNS}
    for number, person in enumerate(people, start=2):
        named = [(column, person[column]) for column in _COLUMNS if person.get(column)]
        if not named:
            raise UserError(f"--file {file}, line {number}: names nobody; give customer_id, email or phone")
        asked[named[0][0]].append(named[0][1])
    if not people:
        raise UserError(f"--file {file}: lists nobody")
    return Asked(*(tuple(asked[name]) for name in _COLUMNS))


def _moment(day: str | None, config: Config) -> datetime:
    """Up to when, in UTC without a zone, as the pipeline keeps instants."""
    now = datetime.now(UTC)
    if day is None:
        return now.replace(tzinfo=None)
    try:
        last = date.fromisoformat(day)
    except ValueError:
        raise UserError(f"--as-of {day}: not a day, expected YYYY-MM-DD such as 2026-06-30") from None
    end = datetime.combine(last + timedelta(days=1), time(), config.pipeline.business.zone).astimezone(UTC)
    return min(end - timedelta(microseconds=1), now).replace(tzinfo=None)


def _print(console: Console, outcome: Erasure, *, dry_run: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("table or file", "rows before", "rows after", "mentions blotted out")
    for changes in (outcome.tables.changes, outcome.published.changes if outcome.published else {}):
        for name, change in changes.items():
            table.add_row(escape(name), *(f"{n:,}" for n in (change.before, change.after, change.blotted)))
    for name, file in {**outcome.audiences.files, **outcome.source_files, **outcome.traces}.items():
        table.add_row(escape(name), *(f"{n:,}" for n in (file.rows_before, file.rows_after, file.blotted)))
    console.print(table)
    lines = [f"{records} records stay in {name}: no run takes them in" for name, records in outcome.refused.items()]
    lines += [
        f"{receipt.destination}: {'' if receipt.reached else 'NOT REACHED. '}{receipt.told}" for receipt in outcome.receipts
    ]
    lines += list(outcome.not_rewritten)
    lines += [
        f"{name} holds the person and is read by no source: delete it or take the person out" for name in outcome.found_elsewhere
    ]
    if outcome.shared_addresses:
        lines.append(
            f"{outcome.shared_addresses} addresses are somebody else's too and stay with them: customers "
            f"{', '.join(outcome.alike)}. If one of these is the same person, name that customer as well."
        )
    for line in lines:
        console.print(f"  {escape(line)}", soft_wrap=True, highlight=False)
    if dry_run:
        console.print("[yellow]dry run[/]: nothing was changed.")
        return
    records = sum(one.records for one in outcome.reread.values())
    out, found = (sum(getattr(one, name) for one in outcome.reread.values()) for name in ("left_out", "found"))
    console.print(
        f"read again: {records:,} records of {len(outcome.reread)} files, {out:,} left out; {found:,} of the person taken in."
    )
    if outcome.complete:
        console.print(
            "[bold green]Erased[/]: nothing of the person was found in tables, in bytes of files, or in what the next run reads."
        )
        return
    console.print("[bold red]Not complete[/]: something of the person is left, or a recipient was not reached.")
    places = {**outcome.tables.left, **(outcome.published.left if outcome.published else {})}
    for name, rows in places.items():
        console.print(f"  table {escape(name)}: {rows} rows", soft_wrap=True, highlight=False)
    for name in outcome.found_in_files:
        console.print(f"  file {escape(name)}", soft_wrap=True, highlight=False)
