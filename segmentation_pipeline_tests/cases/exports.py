"""Exports as shops have them: what is published of each beside the truth by hand, or with which message it is refused.

``python -m segmentation_pipeline_tests.cases.exports`` prints the table.  Every export is read twice and more: with the
configuration that comes to mind first, which must be refused with a message that names the cure or be right by itself, and
with the cure.  Files are loaded, cleaned and checked as a run does it before it publishes anything.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import ibis.expr.types as ir

from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.clean.account import Accounting
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.build import completed_orders, order_events, refunds_of_orders
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.quality.thresholds import check_thresholds
from segmentation_pipeline.settings import Settings
from segmentation_pipeline.values.states import ANONYMOUS, CLEAN

AS_OF = date(2026, 4, 30)
Shows = Literal["customers", "lines", "instants", "accounts", "warnings", "channels"]


@dataclass(frozen=True)
class Trial:
    """One configuration of an export.  ``stops`` is what the message must say, place and cure, where a run must stop."""

    configured: str
    sources: str
    stops: str = ""
    pipeline: str = ""


@dataclass(frozen=True)
class Export:
    """``truth`` is every statement that ``statements`` may make of what is shown, worked out by hand."""

    case: str
    files: Mapping[str, str | bytes]
    pipeline: str
    truth: tuple[str, ...]
    trials: tuple[Trial, ...]
    shows: tuple[Shows, ...] = ("customers", "accounts")


@dataclass(frozen=True)
class Told:
    """One line of the table."""

    case: str
    configured: str
    truth: str
    now: str
    verdict: Literal["exact", "refused", "WRONG"]


class Shop:
    """A project of one export, loaded, cleaned and checked as a run does it; ``stopped`` is why the run would stop."""

    def __init__(self, folder: Path, files: Mapping[str, str | bytes], sources: str, pipeline: str) -> None:
        for name, text in {"config/sources.yaml": sources, "config/pipeline.yaml": pipeline}.items():
            _write(folder / name, text)
        for name, content in files.items():
            _write(folder / "data" / "raw" / name, content)
        self.engine = DuckDBEngine(None)
        self.config: Config = load_project(Settings(folder))
        self.accounts: dict[str, Accounting] = {}
        self.warnings: list[str] = []
        self.stopped = ""
        for name in self.config.cleaning_order:
            if not self.stopped:
                self._take_in(folder, name)

    def _take_in(self, folder: Path, name: str) -> None:
        try:
            if not self.config.sources[name].derive_from:
                load_source(self.engine, folder, name, self.config.sources[name], AS_OF)
        except SourceFileError as error:
            self.stopped = str(error)
            return
        self.accounts[name] = clean_source(self.engine, name, self.config, AS_OF)
        assert self.accounts[name].adds_up, self.accounts[name]
        failed = [each for each in check_thresholds(self.engine, self.config, name, AS_OF) if not each.passed]
        self.stopped = " ".join(each.message for each in failed if each.rule.severity == "error")
        self.warnings += [each.rule.name for each in failed if each.rule.severity == "warning"]

    def close(self) -> None:
        self.engine.close()


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


_ABOUT_TODAY = ("newest_order_is_fresh", "daily_volume_in_limits")


def statements(shop: Shop, shows: tuple[Shows, ...]) -> list[str]:
    """What is taken in of an export, in words; what was bought is counted as features count it."""
    tellers = {"customers": _customers, "lines": _lines, "instants": _instants, "channels": _channels, "accounts": _accounts}
    found = [one for kind, teller in tellers.items() if kind in shows for one in teller(shop)]
    if "warnings" in shows:
        found += [f"warns: {name}" for name in shop.warnings if name not in _ABOUT_TODAY]
    return found


def _customers(shop: Shop) -> Iterator[str]:
    """Orders, what they cost and what was paid back, by customer; nobody is the last."""
    for state in (CLEAN, ANONYMOUS):
        orders = _in_state(shop, "orders", state)
        returns = _in_state(shop, "returns", state) if shop.config.has("returns") else None
        events = order_events(completed_orders(orders, shop.config), returns, refunds_of_orders(orders, shop.config))
        sums = {"orders": events.is_order.sum(), "amount": events.amount.sum(), "returned": events.returned.sum()}
        for row in shop.engine.rows(events.group_by("customer_id").agg(**sums).order_by("customer_id")):
            back = f", {row['returned']:,} back" if row["returned"] else ""
            yield f"{row['customer_id'] or 'nobody'}: {row['orders']} order{'s' * (row['orders'] != 1)}, {row['amount']:,}{back}"


def _in_state(shop: Shop, source: str, state: int) -> ir.Table:
    judged = shop.engine.table(tables.validated(source))
    return judged.filter(judged._state == state)


def _lines(shop: Shop) -> Iterator[str]:
    for row in _rows(shop, "order_items", "order_id", "line_number", "product_id", "quantity", "amount"):
        yield f"{row['order_id']} has {row['quantity']:g} {row['product_id']} for {row['amount']:,}"


def _instants(shop: Shop) -> Iterator[str]:
    for row in _rows(shop, "orders", "order_id", "ordered_at", "event_date"):
        yield f"{row['order_id']} at {row['ordered_at']:%Y-%m-%d %H:%M} UTC, day {row['event_date']}"


def _channels(shop: Shop) -> Iterator[str]:
    for row in _rows(shop, "orders", "order_id", "customer_id", "channel"):
        yield f"{row['customer_id']} by {row['channel']}"


def _rows(shop: Shop, source: str, *columns: str) -> list[dict[str, Any]]:
    table = shop.engine.table(tables.clean(source))
    return shop.engine.rows(table.select(*columns).order_by(*columns))


def _accounts(shop: Shop) -> Iterator[str]:
    for name, account in sorted(shop.accounts.items()):
        yield from (f"refused of {name}: {rows} {reason}" for reason, rows in account.quarantined_by_reason.items())
        yield from (f"left out of {name}: {rows} {reason}" for reason, rows in account.skipped_by_name.items())
        if account.superseded:
            yield f"replaced of {name}: {account.superseded}"


def play(export: Export, trial: Trial) -> Told:
    """One configuration of an export, and whether what comes of it is right."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(Shop(Path(folder), export.files, trial.sources, trial.pipeline or export.pipeline)) as shop:
            found = [] if shop.stopped else statements(shop, export.shows)
        now = f"refused: {shop.stopped}".replace(f"{folder}/", "") if shop.stopped else "; ".join(found)
    verdict: Literal["exact", "refused", "WRONG"] = "WRONG"
    if shop.stopped and trial.stops and re.search(trial.stops, now):
        verdict = "refused"
    elif not shop.stopped and not trial.stops and sorted(found) == sorted(export.truth):
        verdict = "exact"
    return Told(export.case, trial.configured, "; ".join(export.truth), now, verdict)


def outcomes() -> list[Told]:
    """Every configuration of every export."""
    from segmentation_pipeline_tests.cases.export_files import OF_FILES
    from segmentation_pipeline_tests.cases.export_moments import OF_MOMENTS
    from segmentation_pipeline_tests.cases.export_shops import OF_SHOPS

    return [play(export, trial) for export in (*OF_SHOPS, *OF_FILES, *OF_MOMENTS) for trial in export.trials]


if __name__ == "__main__":
    import sys

    told = outcomes()
    sys.stdout.write("| case | configured | truth by hand | published now | |\n|---|---|---|---|---|\n")
    for each in told:
        sys.stdout.write(f"| {each.case} | {each.configured} | {each.truth} | {each.now.replace('|', '/')} | {each.verdict} |\n")
    verdicts = [each.verdict for each in told]
    sys.stdout.write("\n" + ", ".join(f"{verdicts.count(name)} {name}" for name in ("exact", "refused", "WRONG")) + "\n")
    sys.exit(1 if "WRONG" in verdicts else 0)
