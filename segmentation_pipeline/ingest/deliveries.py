"""Whether a delivery lost what the last good run read: rows, files, values, or noes of customers.

Compared is with the last run that came to its end, whatever was loaded since and whatever day is run.  What is received is
compared before anything is replaced, what of it can be used once it is judged.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import BusinessConfig, Config, QualityConfig, SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.ingest.known_noes import LEDGERS, Ledger, keep_noes, lost_noes
from segmentation_pipeline.ingest.screen import gone, left_out
from segmentation_pipeline.values.states import SOUND

DELIVERED = "meta.delivered"
ACCEPTED = "meta.accepted_deliveries"
_DELIVERED_SCHEMA = {
    "source": "string",
    "settings": "string",
    "files": "string",
    "rows": "int64",
    "usable": "int64",
    "newest": "date",
    "as_of": "date",
    "filled": "string",
    "left_out": "int64",
}
_ACCEPTED_SCHEMA = {"source": "string", "run_id": "string", "as_of": "date", "what": "string"}
_ENOUGH = 20
"""Of fewer rows or values nothing is concluded from what became of a part of them."""


class ShrunkError(UserError):
    """A source lost what it held; the message says what, and how to accept it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a delivery may lose: ``min_ratio`` of the rows must be there; ``accepted`` lets anything pass once."""

    min_ratio: float = 0.5
    delivery: str = "full"
    accepted: bool = False
    run_id: str = ""
    business: BusinessConfig = field(default_factory=BusinessConfig)
    purposes: tuple[str, ...] = ()
    earliest: date = QualityConfig().earliest_date

    @classmethod
    def of(cls, config: Config, source: str, accepted: Collection[str], run_id: str) -> Limits:
        return cls(
            config.pipeline.quality.min_delivery_ratio,
            config.sources[source].delivery,
            bool({source, "all"} & set(accepted)),
            run_id,
            config.pipeline.business,
            config.privacy.purposes,
            config.pipeline.quality.earliest_date,
        )


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the last good run read of a source.

    ``files``: fingerprints by name; ``rows`` received, with those left out on purpose (erased, expired): ``left_out``;
    ``usable``: those accepted, repeated ones left out; ``newest``: the last day something happened up to ``as_of``;
    ``filled``: values by column.
    """

    settings: str
    files: Mapping[str, str]
    rows: int
    usable: int
    newest: date | None
    as_of: date
    filled: Mapping[str, int]
    left_out: int = 0


def settings_of(config: SourceConfig) -> str:
    """What makes a source another one: then nothing is compared."""
    return json.dumps(config.whence | config.meaning)


def delivered(engine: Engine, source: str) -> Delivered | None:
    """What the last good run read; None when there was none."""
    if not engine.has(DELIVERED):
        return None
    table = engine.table(DELIVERED)
    for row in engine.rows(table.filter(table.source == source)):
        newest, as_of = row["newest"], row["as_of"]
        assert isinstance(as_of, date) and (newest is None or isinstance(newest, date))
        files, filled = json.loads(str(row["files"])), json.loads(str(row["filled"]))
        rows, usable, gone = (int(row[name]) for name in ("rows", "usable", "left_out"))
        return Delivered(str(row["settings"]), files, rows, usable, newest, as_of, filled, gone)
    return None


def check_received(
    engine: Engine,
    source: str,
    config: SourceConfig,
    limits: Limits,
    as_of: date,
    rows: int,
    wanted: Mapping[str, str],
    had: ir.Table | None = None,
) -> bool:
    """Whether what was received was compared, and lost nothing that was not accepted; raises ``ShrunkError`` otherwise.

    ``rows`` is what ``raw`` holds now, with those that were left out on purpose; ``wanted`` maps a file's name to its
    fingerprint; ``had`` are the ``keys_of`` files that were to be added to and changed.  Call it inside the transaction
    that replaces the rows.
    """
    before = delivered(engine, source)
    if before is None or before.settings != settings_of(config):
        return before is None
    if before.files == dict(wanted):
        return True
    lost = [*_lost_files(config, before, wanted), *_lost_rows(limits, before, rows, wanted)]
    if had is not None and (gone := engine.count(had.anti_join(keys_of(engine, source), had.columns))):
        total = engine.count(had)
        if gone > total * (1 - limits.min_ratio):
            lost.append(f"increments only add, and {gone} of {total} rows of files that were there before were overwritten")
    if source in LEDGERS:
        ledger = Ledger(source, config, limits.business, as_of, limits.purposes, limits.earliest)
        lost += lost_noes(engine, ledger, engine.table(tables.raw(source)))
    _stop(engine, source, limits, as_of, lost, "Nothing was replaced.")
    return True


def keys_of(engine: Engine, source: str, files: Collection[str] = ()) -> ir.Table:
    """The natural keys of the rows received, as text; of ``files`` only, where some are named."""
    raw = engine.table(tables.raw(source))
    rows = raw.filter(raw._file.isin(sorted(files))) if files else raw
    return rows.select(**{key: rows[key].cast("string").fill_null("") for key in SOURCES[source].natural_key})


def _lost_files(config: SourceConfig, before: Delivered, wanted: Mapping[str, str]) -> list[str]:
    """The files that are missing; a renamed one with the same content is not."""
    gone = [file for file, mark in before.files.items() if file not in wanted and mark not in wanted.values()]
    # How a database's rows are parted into files is the landing's own affair.
    if not gone or config.delivery == "rolling" or config.gives_rows:
        return []
    return [f"files that were there before are missing: {', '.join(sorted(gone)[:5])} ({len(gone)} in all)"]


def _lost_rows(limits: Limits, before: Delivered, rows: int, wanted: Mapping[str, str]) -> list[str]:
    """The rows that are missing."""
    found = []
    if (before.rows > 0 and rows == 0) or rows < before.rows * limits.min_ratio:
        found.append(f"{before.rows} rows before, {rows} now, in {', '.join(sorted(wanted)[:5])}")
    elif limits.delivery == "incremental" and rows < before.rows:
        found.append(f"{before.rows} rows before, {rows} now, though increments only add to what is there")
    return found


def check_usable(engine: Engine, source: str, config: Config, limits: Limits, as_of: date) -> None:
    """Raise ``ShrunkError`` when of what was received much less can be used than at the last good run.

    Rows that were refused or only repeat others, columns that were emptied, and an older delivery that came again.
    """
    before = delivered(engine, source)
    mapping = config.sources[source]
    if before is None or before.settings != settings_of(mapping) or before.files == _files(engine, source, mapping):
        return
    usable, filled, newest = _usable(engine, source, before.as_of)
    # What left on purpose since is lost to nobody.
    on_purpose = max(0, gone(left_out(engine, source)) - before.left_out)
    usable, filled = usable + on_purpose, {column: values + on_purpose for column, values in filled.items()}
    lost = []
    if (before.usable > 0 and usable == 0) or usable < before.usable * limits.min_ratio:
        lost.append(
            f"{before.usable} rows could be used before, {usable} now; 'segmentation quarantine {source}' lists refused ones"
        )
    else:
        emptied = [
            f"{column} ({values} before, {filled.get(column, 0)} now)"
            for column, values in before.filled.items()
            if values >= _ENOUGH and filled.get(column, 0) < values * limits.min_ratio
        ]
        if emptied:
            lost.append(f"columns that were filled are not: {', '.join(emptied)}")
    # Of ledgers the noes themselves are compared, and the newest of them may have ended.
    dated = before.usable >= _ENOUGH and source not in LEDGERS and not on_purpose
    if dated and before.newest is not None and (newest is None or newest < before.newest):
        lost.append(f"nothing is newer than {newest}, and {before.newest} was there before: an older delivery came again")
    _stop(engine, source, limits, as_of, lost, "Nothing was published.")


def check_sources(engine: Engine, config: Config, accepted: Collection[str], as_of: date, run_id: str) -> list[str]:
    """The sources the last good run read that are configured no longer; raises ``ShrunkError`` when they may be missed.

    They are not where the whole project was replaced, that is where orders start anew; ledgers are missed unless every
    other source starts anew.
    """
    if not engine.has(DELIVERED):
        return []
    known = {str(row["source"]) for row in engine.rows(engine.table(DELIVERED).select("source"))}
    gone = sorted(known - set(config.sources))
    reconfigured = {name for name in known & set(config.sources) if not _same(engine, name, config)}
    replaced, exchanged = "orders" in reconfigured, reconfigured == known & set(config.sources)
    missed = [name for name in gone if not (exchanged or (replaced and name not in LEDGERS))]
    for name in missed:
        what = "opt-outs it holds would no longer stop anybody" if name in LEDGERS else "what was made from it would go"
        limits = Limits(accepted=bool({name, "all"} & set(accepted)), run_id=run_id)
        lost = f"the last run read it and sources.yaml no longer names it: {what}"
        _stop(engine, name, limits, as_of, [lost], "Nothing was read.")
    return gone


def keep(engine: Engine, config: Config, as_of: date) -> None:
    """Make what this run read what the next is compared with; call it when the run has come to its end.

    Forgets all that is stored of sources that are configured no longer.
    """
    if not engine.has(DELIVERED):
        engine.write(DELIVERED, engine.memtable({column: [] for column in _DELIVERED_SCHEMA}, _DELIVERED_SCHEMA))
    known = {str(row["source"]) for row in engine.rows(engine.table(DELIVERED).select("source"))}
    for source in sorted(known - set(config.sources)):
        engine.delete(DELIVERED, {"source": source})
        engine.delete(tables.FILES, {"source": source})
        for table in tables.of_source(source):
            engine.drop(table)
    for source, mapping in config.sources.items():
        before, files = delivered(engine, source), _files(engine, source, mapping)
        day = as_of if before is None else max(as_of, before.as_of)
        if before is not None and (before.files, before.settings, before.as_of) == (files, settings_of(mapping), day):
            continue
        usable, filled, newest = _usable(engine, source, day)
        raw = None if mapping.derive_from else engine.table(tables.raw(source))
        received = sum(left_out(engine, source).values())
        row: dict[str, list[object]] = {
            "source": [source],
            "settings": [settings_of(mapping)],
            "files": [json.dumps(files, sort_keys=True)],
            "rows": [usable if raw is None else engine.count(raw) + received],
            "usable": [usable],
            "newest": [newest],
            "as_of": [day],
            "filled": [json.dumps(filled, sort_keys=True)],
            "left_out": [gone(left_out(engine, source))],
        }
        engine.replace_slice(DELIVERED, engine.memtable(row, _DELIVERED_SCHEMA), {"source": source})
        if raw is not None and source in LEDGERS:
            keep_noes(engine, Ledger(source, mapping, config.pipeline.business, as_of, config.privacy.purposes), raw)


def _same(engine: Engine, source: str, config: Config) -> bool:
    before = delivered(engine, source)
    return before is not None and before.settings == settings_of(config.sources[source])


def _files(engine: Engine, source: str, config: SourceConfig) -> dict[str, str]:
    """The files that were loaded, by name, of the source or of what it is made from."""
    ledger = engine.table(tables.FILES)
    rows = engine.rows(ledger.filter(ledger.source == (config.derive_from or source)))
    return {str(row["file"]): str(row["fingerprint"]) for row in rows}


def _usable(engine: Engine, source: str, up_to: date) -> tuple[int, dict[str, int], date | None]:
    """Of the accepted rows that repeat no other: how many, how many values of each column, and the last day up to ``up_to``."""
    validated = engine.table(tables.validated(source))
    rows = validated.filter(validated._state.isin(SOUND))
    names = [column.name for column in SOURCES[source].columns]
    happened = (
        rows.event_date.max(where=rows.event_date <= ibis.literal(up_to)) if SOURCES[source].event_time else ibis.null("date")
    )
    [found] = engine.rows(rows.agg(_rows=rows.count(), _newest=happened, **{name: rows[name].count() for name in names}))
    newest = found["_newest"]
    assert newest is None or isinstance(newest, date)
    return int(found["_rows"]), {name: int(found[name]) for name in names}, newest


def _stop(engine: Engine, source: str, limits: Limits, as_of: date, lost: list[str], kept: str) -> None:
    """Raise ``ShrunkError`` for what was lost, or record that it was accepted."""
    if not lost:
        return
    if not limits.accepted:
        raise ShrunkError(
            f"source '{source}': {'; '.join(lost)}. {kept} Deliver the source again, or, if this is right, accept it once "
            f"with 'segmentation run --accept-shrunk {source}'."
        )
    row: dict[str, list[object]] = {"source": [source], "run_id": [limits.run_id], "as_of": [as_of], "what": ["; ".join(lost)]}
    engine.append(ACCEPTED, engine.memtable(row, _ACCEPTED_SCHEMA))
