"""What would come of a project's files, told from their first records before anything is run.

The first records are read and cleaned as a run does it, in memory, so that what is said here is what a run would say.
"""

from __future__ import annotations

import glob
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.config.diagnostics import shown
from segmentation_pipeline.config.schema import Config, SourceConfig
from segmentation_pipeline.config.schema.sources import Lookup
from segmentation_pipeline.config.schema.workbooks import SheetReading
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine, SourceFileError
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.files import PACKAGE_PREFIX, has_landed, source_files
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.unread_noes import LOOKED_AT, unread_columns
from segmentation_pipeline.quality.result import RuleResult
from segmentation_pipeline.quality.sample_files import chosen, write_sample
from segmentation_pipeline.quality.thresholds import check_thresholds
from segmentation_pipeline.rules.file_columns import columns_read

_TOLD = (
    *("quarantined_share_in_limit", "blanked_share_in_limit", "copies_of_a_key_agree", "words_are_known"),
    *("lookups_have_the_keys", "lookups_have_some_keys", "customers_are_somebody"),
)
_STATUS = re.compile(
    "^(?!.*(fulfil|versand|liefer|ship|deliver|track|tax|market|subscri|email))"
    ".*(status|statut|stato|estado|état|zustand|cancelled at|canceled at|storn)",
    re.IGNORECASE,
)
_CURRENCY = re.compile("currency|w(ä|ae)hrung|devise|moneda|valuta|waluta|waerk", re.IGNORECASE)
_CODES = re.compile("AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|INR|JPY|KRW|MXN|NOK|NZD|PLN|RON|SEK|SGD|TRY|UAH|USD|ZAR")
"""Currencies that exports most often bring."""
_ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Found:
    """Something about a source that a person should know before it is run; with an ``error`` in all of the files as in the
    first records the run would stop."""

    source: str
    severity: Literal["error", "warning"]
    message: str


def look(root: Path, config: Config, as_of: date, then: Callable[[Engine], object] | None = None) -> list[Found]:
    """What the first records of the files say, source by source; files that must be fetched first are left to the run.

    ``then`` is given the engine with the cleaned records, where there are orders."""
    found: list[Found] = []
    with tempfile.TemporaryDirectory() as folder, closing(DuckDBEngine(None, config.pipeline.engine)) as engine:
        sample = Path(folder)
        seen: set[str] = set()
        failed: set[str] = set()
        for name in config.cleaning_order:
            source = config.sources[name]
            if source.derive_from:
                if source.derive_from in seen:
                    found += _cleaned(engine, _alone(config, failed), name, as_of)
                    seen.add(name)
                continue
            if source.lands and not has_landed(root, name, source):
                continue
            try:
                read = _sampled(root, name, source, sample / name)
                load_source(engine, sample / name, name, read, as_of)
            except SourceFileError as error:
                found.append(Found(name, "error", str(error).replace(f"{sample / name}/", "").replace(f"{root.absolute()}/", "")))
                failed.add(name)
                continue
            seen.add(name)
            found += _cleaned(engine, _alone(config, failed), name, as_of)
            found += _unmapped_currency(sample / name, engine, name, read, config.pipeline.business.currency)
            found += _unmapped_status(root, engine, name, source)
        found += _unjoined(engine, seen)
        found += _unread_noes(engine, root, config)
        found += _unit_prices(engine, seen)
        if then is not None and "orders" in seen:
            then(engine)
    return found


def _sampled(root: Path, name: str, source: SourceConfig, folder: Path) -> SourceConfig:
    """Write the sample of a source's files under ``folder``; how to read it."""
    names = []
    for file in chosen(source_files(root, name, source)):
        inside = file.name.removeprefix(PACKAGE_PREFIX).lstrip("/").replace("../", "")
        write_sample(file, source, folder / inside)
        names.append(inside)
    # Names with signs of patterns are taken as they are.
    patterns = tuple(re.sub(r"([*?[])", r"[\1]", inside) for inside in names)
    lookups = {lookup: second.model_copy(update={"files": _absolute(root, second)}) for lookup, second in source.lookup.items()}
    return source.read_from(patterns).model_copy(update={"lookup": lookups})


def _absolute(root: Path, second: Lookup) -> tuple[str, ...]:
    """The patterns of a second file, which is read as it is: of a sample's keys all are wanted."""
    inside = f"{glob.escape(str(root.absolute()))}/"
    return tuple(pattern if pattern.startswith(PACKAGE_PREFIX) else inside + pattern for pattern in second.patterns)


def _alone(config: Config, failed: set[str]) -> Config:
    """The configuration in which no row is refused for what a sample does not hold, without what could not be read."""
    kept = {
        name: source.model_copy(update={"unknown_references": "keep"})
        for name, source in config.sources.items()
        if name not in failed or name == "orders"
    }
    return config.model_copy(update={"sources": kept})


def _cleaned(engine: Engine, config: Config, name: str, as_of: date) -> Iterator[Found]:
    clean_source(engine, name, config, as_of)
    for result in check_thresholds(engine, config, name, as_of):
        if not result.passed and result.rule.name in _TOLD:
            yield Found(name, result.rule.severity, _message(result))


def _message(result: RuleResult) -> str:
    return f"first records: {result.message.removeprefix(f'{result.rule.table}: ')}"


def _unmapped_currency(root: Path, engine: Engine, name: str, source: SourceConfig, base: str) -> Iterator[Found]:
    """A column of currencies that nobody reads, known by its name or by what stands in it."""
    if "currency" not in SOURCES[name].names or "currency" in source.columns:
        return
    read = columns_read(name, source)
    for file in source_files(root, name, source)[:1]:
        sheet = SheetReading(source.xlsx)
        for column in engine.file_columns(file.path, file.format, source.csv, sheet):
            if column in read:
                continue
            try:
                rows = engine.read_file(file.path, file.format, (column,), source.csv, sheet).records
            except SourceFileError:
                continue  # of a type that nobody could read
            found = {str(row[column]) for row in engine.rows(rows.select(column).distinct().limit(_ENOUGH)) if row[column]}
            foreign = {code for code in found if code != base}
            if _CURRENCY.search(column) or (foreign and all(_CODES.fullmatch(code) or code == base for code in found)):
                said = f", which has {', '.join(sorted(foreign))}" if foreign else ""
                message = f"{file.name} has a column {shown(column)} that is not read{said}: amounts are taken for {base}. "
                yield Found(name, "warning", message + f"Map it: 'currency: {column}' under sources.{name}.columns.")


def _unmapped_status(root: Path, engine: Engine, name: str, source: SourceConfig) -> Iterator[Found]:
    """Orders and lines with a status that nobody reads: what was cancelled or never paid would be bought."""
    if name not in ("orders", "order_items") or not source.columns or "status" in source.columns:
        return
    for file in chosen(source_files(root, name, source))[:1]:
        unread = set(engine.file_columns(file.path, file.format, source.csv, SheetReading(source.xlsx))) - set(
            columns_read(name, source)
        )
        if columns := sorted(column for column in unread if _STATUS.search(column)):
            told, first = ", ".join(map(shown, columns)), shown(columns[0])
            message = f"{file.name} has {told}, which nothing reads: what was cancelled or not paid is taken for bought. Map it: "
            message += (
                f"'status: {{from: {first}, values: {{...}}}}' under sources.{name}.columns, or leave rows out with 'skip_when'."
            )
            yield Found(name, "warning", message)


def _unread_noes(engine: Engine, root: Path, config: Config) -> Iterator[Found]:
    """Columns that may say who must not be contacted and that nobody reads."""
    if not config.campaigns or config.privacy.unread_opt_outs == "warn":
        return
    for column in unread_columns(engine, root, config):
        if not any(column.is_of(campaign.channel) for campaign in config.campaigns.values()):
            continue
        meaning = "who objects" if column.objects else "who agrees"
        message = (
            f"{column.file.name} has a column {shown(column.column)} that is not read; if it says {meaning}, nobody is kept "
        )
        message += "from contact by it, and a run stops before somebody is listed of whom it says no. Map it as 'status' of "
        message += "consents, or say 'unread_opt_outs: warn' and 'unread_opt_outs_reason' in privacy.yaml."
        yield Found(LOOKED_AT, "warning", message)


def _unjoined(engine: Engine, seen: set[str]) -> Iterator[Found]:
    """Sources whose first rows have next to no key in common."""
    for name in sorted(seen):
        for reference in SOURCES[name].references:
            if reference.to_source not in seen or reference.column not in engine.table(tables.validated(name)).columns:
                continue
            rows = engine.table(tables.validated(name))
            keys = rows.filter(rows[reference.column].notnull()).select(key=reference.column).distinct()
            known = engine.table(tables.validated(reference.to_source)).select(key=reference.to_column).distinct()
            total, there = engine.count(keys), engine.count(known)
            if total < _ENOUGH or there < _ENOUGH or engine.count(keys.semi_join(known, "key")):
                continue
            yield Found(
                name,
                "warning",
                f"none of the first {total} values of {reference.column} is among the first {there} of {reference.to_source}; "
                f"are they written alike? pad_to and key_case in pipeline.yaml make keys one",
            )


def _unit_prices(engine: Engine, seen: set[str]) -> Iterator[Found]:
    """Amounts of lines that are the same whatever the quantity: prices of one unit."""
    if "order_items" not in seen:
        return
    lines = engine.table(tables.clean("order_items"))
    lines = lines.filter(lines.product_id.notnull(), lines.quantity > 0, lines.amount > 0)
    products = lines.group_by("product_id").agg(
        quantities=lines.quantity.nunique(), amounts=lines.amount.nunique(), lines=lines.count()
    )
    several = products.filter(products.quantities > 1)
    [told] = engine.rows(several.agg(products=several.count(), alike=(several.amounts == 1).sum()))
    products_seen, alike = int(told["products"]), int(told["alike"] or 0)
    if products_seen >= 3 and alike > products_seen * 0.8:
        yield Found(
            "order_items",
            "warning",
            f"of {alike} of {products_seen} products that were bought in several quantities the amount is always the same: it "
            "looks like the price of one unit. The amount is that of the line: 'amount: {expression: \"quantity * price\"}'",
        )
