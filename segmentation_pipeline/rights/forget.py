"""``forget``: suppress first, then erase everywhere, then prove it.

The tombstone comes before anything is deleted, so that nothing comes back whatever happens; the warehouse, from which the
person's spellings are known, is replaced last.  An erasure that was interrupted is carried out to its end by ``resume``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from segmentation_pipeline.campaigns.audience_log import AudienceLog
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.duckdb_erase import Rewritten, remove_leftovers, rewritten
from segmentation_pipeline.engine.duckdb_published import STORAGE_VERSION
from segmentation_pipeline.engine.warehouse import open_warehouse
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.files import SourceFile, source_files
from segmentation_pipeline.privacy.erasures import done_erasures, note_erasures
from segmentation_pipeline.privacy.tombstones import Sought, Tombstones, add_tombstone, read_tombstones, tombstone_key
from segmentation_pipeline.report.write import remove_reports
from segmentation_pipeline.rights.audience_files import correct_audience_files, erase_in_audiences
from segmentation_pipeline.rights.certificate import append_certificate, verify_chain
from segmentation_pipeline.rights.changed_file import FileChange, followed_by
from segmentation_pipeline.rights.outcome import Erasure, as_certified, certified, unfinished
from segmentation_pipeline.rights.person import Asked, People, find_people, known_by_id, marks_of
from segmentation_pipeline.rights.recipients import erase_at_destinations
from segmentation_pipeline.rights.reingest import Reread, reingest
from segmentation_pipeline.rights.source_files import NotRewritten, rewrite_source_file
from segmentation_pipeline.rights.traces import clear_temporary, erase_traces, files_holding
from segmentation_pipeline.rights.warehouse import ErasedTables, erase_in_publication, erase_in_warehouse
from segmentation_pipeline.settings import Settings

Tell = Callable[[str], None]
_LEFTOVERS = (".*.erased", ".erased.*")


def forget(
    settings: Settings, config: Config, asked: Asked, erased_at: datetime, *, rewrite_files: bool, dry_run: bool, tell: Tell
) -> Erasure:
    """Erase everybody asked for, of all that is dated up to ``erased_at`` (UTC).  The caller holds the writer lock.

    Raises ``UnknownPerson``, or ``UserError`` where there is no warehouse or the engine is not DuckDB.
    """
    _check(settings, config)
    if not dry_run:
        _sweep(settings)
    before = read_tombstones(settings.secrets)
    engine = open_warehouse(settings, config.pipeline.engine, config.pipeline.run.wait_for_writer_seconds, tell)
    try:
        _check_done(engine, before)
        people = find_people(engine, config, known_by_id(engine, settings, config, asked), erased_at)
    finally:
        engine.close()
    if dry_run:
        return _carry_out(settings, config, Sought.of(erased_at, people.values), people, rewrite_files, True, tell)
    key = before.key if before else tombstone_key(settings.secrets)
    stone = add_tombstone(settings.secrets, key, erased_at, marks_of(Tombstones(key, ()), people.values))
    tell(f"suppressed: tombstone {stone.erasure}")
    return _carry_out(settings, config, Tombstones(key, (stone,)), people, rewrite_files, False, tell)


def resume(settings: Settings, config: Config, *, rewrite_files: bool, tell: Tell) -> Erasure | None:
    """Carry out the erasures this warehouse has not gone through: interrupted ones, and all since a backup it comes from.

    Where none is left, those whose last certificate is not complete are finished.  None when there are neither.
    """
    _check(settings, config)
    _sweep(settings)
    stones = read_tombstones(settings.secrets)
    engine = open_warehouse(settings, config.pipeline.engine, config.pipeline.run.wait_for_writer_seconds, tell)
    try:
        done = done_erasures(engine)
    finally:
        engine.close()
    undone = [] if stones is None else [stone.erasure for stone in stones.erasures if stone.erasure not in done]
    if stones is None:
        return None
    if not undone:
        return _finish(settings, config, stones, rewrite_files, tell)
    people = People(accounts=(), persons=0, values={})
    return _carry_out(settings, config, stones.only(undone), people, rewrite_files, False, tell)


def _finish(settings: Settings, config: Config, stones: Tombstones, rewrite_files: bool, tell: Tell) -> Erasure | None:
    """Erase where a recipient did not answer or a file could not be rewritten, and read every file again as it is now;
    each erasure with a new certificate; the first not complete, or the last.

    A file that held a spelling of the person counts as holding it for as long as it is there: spellings are not kept.
    """
    outcome: Erasure | None = None
    for certificate in unfinished(verify_chain(settings.secrets)):
        of_these = stones.only(certificate["erasures"])
        erasure = certificate["erasures"][-1]
        tell(f"finishing erasure {erasure}: recipients, and every file as it is now")
        receipts = erase_at_destinations(config, settings.published, settings.audiences, of_these, (), erasure, settings.temp)
        files, not_rewritten = _in_source_files(settings, config, of_these, rewrite_files=rewrite_files)
        reread = reingest(settings.root, config, settings.temp, of_these)
        found = replace(
            as_certified(certificate, receipts),
            source_files=files,
            not_rewritten=not_rewritten,
            reread=reread,
            refused=_left_out(reread),
            found_in_files=[name for name in certificate["files_holding_a_spelling"] if (settings.root / name).exists()],
        )
        told = {name: value for name, value in certificate.items() if name not in ("hash", "previous")}
        told |= {
            "recipients": [asdict(receipt) for receipt in receipts],
            "files": {**certificate["files"], **{name: asdict(change) for name, change in files.items()}},
            "not_rewritten": not_rewritten,
            "read_again": {name: asdict(one) for name, one in reread.items()},
            "records_left_in_own_files": dict(found.refused),
            "files_holding_a_spelling": list(found.found_in_files),
            "complete": found.complete,
        }
        found = replace(found, certificate=append_certificate(settings.secrets, told))
        outcome = found if outcome is None or outcome.complete else outcome
    return outcome


def _carry_out(
    settings: Settings, config: Config, stones: Tombstones, people: People, rewrite_files: bool, dry: bool, tell: Tell
) -> Erasure:
    # Values that are at hand are compared themselves; what was interrupted knows marks alone.
    meant = Sought.of(stones.erasures[0].erased_at, people.values) if people.values else stones
    listed = erase_in_audiences(settings.audiences, settings.root, stones, dry=True)
    limits, temp = config.pipeline.engine, settings.temp

    def in_warehouse(engine: DuckDBEngine) -> ErasedTables:
        found = erase_in_warehouse(engine, meant, config)
        correct_audience_files(engine, settings.audiences, listed)
        note_erasures(engine, [stone.erasure for stone in stones.erasures])
        return found

    def in_publication(engine: DuckDBEngine) -> ErasedTables:
        return erase_in_publication(engine, meant, warehouse.told.words, warehouse.told.products)

    warehouse = rewritten(settings.warehouse, limits, temp, in_warehouse)
    published: Rewritten[ErasedTables] | None = None
    try:
        if settings.published.is_file():
            published = rewritten(settings.published, limits, temp, in_publication, STORAGE_VERSION)
        told = published.told if published else None
        erasure = Erasure(people.persons, warehouse.told, told, listed, shared_addresses=people.shared, alike=people.alike)
        if dry:
            return replace(erasure, refused=_left_out(reingest(settings.root, config, temp, stones)))
        if published:
            published.commit()
            if remove_reports(settings.report):
                tell("removed: the report; 'segmentation report' makes it again")
        erasure = _in_files(settings, config, stones, erasure, rewrite_files, tell)
        certificate = append_certificate(settings.secrets, certified(erasure, stones, people))
        warehouse.commit()
        return replace(erasure, certificate=certificate)
    finally:
        warehouse.discard()
        if published:
            published.discard()


def _in_files(
    settings: Settings, config: Config, stones: Tombstones, erasure: Erasure, rewrite_files: bool, tell: Tell
) -> Erasure:
    """``erasure`` with what was done outside the tables: audiences, source files, traces, destinations; every file read again."""
    words, temp = erasure.tables.words, settings.temp
    log = AudienceLog(settings.audience_log)
    audiences = erase_in_audiences(settings.audiences, settings.root, stones, log=log)
    tell(f"erased: {len(erasure.tables.changes)} tables, {len(audiences.files)} audience files")
    files, not_rewritten = _in_source_files(settings, config, stones, rewrite_files=rewrite_files)
    traces = _in_traces(settings, words)
    latest = stones.erasures[-1].erasure
    receipts = erase_at_destinations(config, settings.published, settings.audiences, stones, audiences.removed, latest, temp)
    tell("reading every file again, as a run does")
    reread = reingest(settings.root, config, temp, stones)
    clear_temporary(temp)
    found, elsewhere = _found_in_files(settings, config, words, rewritten=rewrite_files)
    return replace(
        erasure,
        audiences=audiences,
        source_files=files,
        refused=_left_out(reread),
        traces=traces,
        receipts=receipts,
        reread=reread,
        found_in_files=found,
        found_elsewhere=elsewhere,
        not_rewritten=not_rewritten,
    )


def _check(settings: Settings, config: Config) -> None:
    if config.pipeline.engine.kind != "duckdb":
        raise UserError(
            "'segmentation forget' works on the DuckDB engine; on Spark erase the person at the origin and run 'segmentation run "
            "--full' into an empty warehouse (engine.spark.warehouse), then delete the old one and data/published."
        )
    if not settings.warehouse.is_file():
        raise UserError(f"nothing to erase from yet: {settings.warehouse} does not exist. Run 'segmentation run' first.")


def _check_done(engine: DuckDBEngine, stones: Tombstones | None) -> None:
    """One erasure after the other: an unfinished one is finished first."""
    done = done_erasures(engine)
    if undone := [stone.erasure for stone in (stones.erasures if stones else ()) if stone.erasure not in done]:
        raise UserError(f"erasure {undone[0]} is not finished in this warehouse. Run 'segmentation forget --resume' first.")


def _sweep(settings: Settings) -> None:
    """What a killed erasure left: copies of databases and files half written."""
    for path in (settings.warehouse, settings.published):
        remove_leftovers(path)
    for pattern in _LEFTOVERS:
        for path in sorted(settings.data.rglob(pattern)):
            path.unlink()
    clear_temporary(settings.temp)


def _in_source_files(
    settings: Settings, config: Config, stones: Tombstones, *, rewrite_files: bool
) -> tuple[dict[str, FileChange], list[str]]:
    """Rewrite landed files, and the user's own when asked to; why some could not be."""
    changes: dict[str, FileChange] = {}
    problems: list[str] = []
    engine = DuckDBEngine(None, config.pipeline.engine, settings.temp)
    try:
        for reading, file in _files(settings, config):
            if rewrite_files or settings.landing in file.path.parents:
                try:
                    if change := rewrite_source_file(engine, reading, file, stones):
                        # Several sources may read one file, and each takes its own records out.
                        before = changes.get(file.name)
                        changes[file.name] = followed_by(before, change) if before else change
                except NotRewritten as error:
                    problems.append(str(error))
    finally:
        engine.close()
    return changes, problems


def _left_out(reread: Mapping[str, Reread]) -> dict[str, int]:
    """Records of the person that are in files still, by file."""
    return {name: one.left_out + one.mentions for name, one in reread.items() if one.left_out or one.mentions}


def _files(settings: Settings, config: Config) -> list[tuple[Reading, SourceFile]]:
    found = []
    for name in config.cleaning_order:
        source = config.sources[name]
        if not source.derive_from:
            reading = Reading(name, source, config.pipeline.business)
            found += [(reading, file) for file in source_files(settings.root, name, source)]
    return found


def _found_in_files(settings: Settings, config: Config, words: Sequence[str], *, rewritten: bool) -> tuple[list[str], list[str]]:
    """The files that hold a spelling of the person: the pipeline's own and the sources' it rewrote, and others of the user's."""
    ours = (settings.published.parent, settings.audiences, settings.landing, settings.data_docs, settings.dagster_home)
    sources = {file.path for _, file in _files(settings, config)}
    found = files_holding(settings.data, words, leave={settings.warehouse, *(() if rewritten else sources)})
    mine = [p for p in found if p in sources or p.parent == settings.data or any(folder in p.parents for folder in ours)]
    told = [path.relative_to(settings.root).as_posix() for path in found if path not in mine]
    return [path.relative_to(settings.root).as_posix() for path in mine], told


def _in_traces(settings: Settings, words: Sequence[str]) -> dict[str, FileChange]:
    found: dict[str, FileChange] = {}
    for folder in (settings.data_docs, settings.dagster_home):
        for path in files_holding(folder, words):
            if change := erase_traces(path, words):
                found[path.relative_to(settings.root).as_posix()] = change
    return found
