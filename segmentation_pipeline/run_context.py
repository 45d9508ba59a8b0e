"""One run's view of a project: settings, configuration, open engine, checks, and what is unchanged.

The context holds the writer lock from the first step to the last, so runs never mix.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from segmentation_pipeline.campaigns.atomic_folder import recover_all
from segmentation_pipeline.campaigns.audience_log import AudienceLog
from segmentation_pipeline.campaigns.frozen import Makes, what_is_made, why_left
from segmentation_pipeline.campaigns.lists import AudienceList, lists_on_disk
from segmentation_pipeline.campaigns.stored import lists_in, which_are_measured, which_count
from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine import lock
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.file_modes import private_files, tidy
from segmentation_pipeline.engine.open import open_engine
from segmentation_pipeline.engine.program import code_version
from segmentation_pipeline.engine.published import publication
from segmentation_pipeline.ingest import deliveries
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.files import fingerprint, source_files
from segmentation_pipeline.ingest.retention import first_kept_day
from segmentation_pipeline.ingest.screen import Screen
from segmentation_pipeline.privacy.erasures import check_erasures
from segmentation_pipeline.privacy.pseudonyms import Pseudonyms
from segmentation_pipeline.privacy.tombstones import Tombstones, read_tombstones
from segmentation_pipeline.publish.publication import days_published
from segmentation_pipeline.quality.validate import Validator, warm_up
from segmentation_pipeline.settings import Settings

MADE, _MADE_SCHEMA = "meta.made", {"table_name": "string", "made": "string"}
_LAST_RUN_SCHEMA = {"fingerprint": "string", "recipe": "string", "as_of": "date"}
BEGUN, _BEGUN_SCHEMA = "meta.begun", {"run_id": "string", "fingerprint": "string"}


@dataclass(frozen=True, slots=True)
class StepResult:
    """What making a table is worth telling: rows, the numbers that matter, small tables, texts and one picture.

    Values a later run that changes nothing can tell again.  ``tables`` are rows by column, a few hundred at most and of
    no single person.  ``picture`` is an SVG; ``texts`` are Markdown, in which nothing is a link, for what stands there may be
    anybody's; ``links`` are addresses by what lies there; ``lineage`` has columns by those of other assets they are made of.
    """

    rows: int
    numbers: dict[str, int | float | str] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    picture: str | None = None
    lineage: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)


@dataclass
class RunContext:
    """What every step of one run works with; ``as_of`` is the day it is for.

    ``full``: make everything anew, whatever the last run left.  ``audiences``: False for the days of a
    backfill before its last, which make segments and history only; ``reissue``: campaigns whose frozen list of the
    day gets a new version.  ``resumed``: what it leaves out has been looked at; ``partial``: some is, made who knows how.
    """

    settings: Settings
    config: Config
    engine: Engine
    validator: Validator
    as_of: date
    run_id: str
    full: bool = False
    audiences: bool = True
    accept_shrunk: frozenset[str] = frozenset()
    reissue: frozenset[str] = frozenset()
    resumed: bool = False
    partial: bool = False

    @property
    def publication(self) -> Path:
        """What BI tools read, of this project's engine."""
        return publication(self.settings, self.config.pipeline.engine)

    @cached_property
    def tombstones(self) -> Tombstones | None:
        """By what the erased are known again; None where nobody was.  Raises ``TombstoneError``."""
        stones = read_tombstones(self.settings.secrets)
        check_erasures(self.engine, stones, self.settings.secrets)
        return stones

    def screen(self, source: str) -> Screen:
        """What of a source's files is not taken in."""
        config = self.config.sources[source]
        first_day = first_kept_day(self.engine, source, config.retention_days, self.as_of)
        reading = Reading(source, config, self.config.pipeline.business)
        return Screen(self.engine, reading, self.tombstones, first_day, Pseudonyms(self.settings.secrets))

    @cached_property
    def recipe(self) -> str:
        """A hash of program and configuration: what decides which results the same files and day give."""
        config = self.config.model_dump(mode="json", exclude={"pipeline": {"alerts"}})  # who is told changes nothing
        return _digest([code_version(self.config.pipeline.engine.kind), config])

    @cached_property
    def fingerprint(self) -> str:
        """One hash over all a run's results depend on: files, configuration, code, day and records of other days."""
        others = [each.folder for each in self.lists_that_count]
        # Sealing a list changes nothing that was made.
        makes = why_left(self.as_of, self._days_run, wanted=self.audiences) is None
        return _digest([self.as_of.isoformat(), self.recipe, makes, others, self._erased, self._files])

    @cached_property
    def publication_id(self) -> str:
        """What audience files and published tables of this run have in common: the fingerprint, the same on every engine."""
        config = self.config.model_dump(mode="json", exclude={"pipeline": {"engine", "alerts"}})
        others = [each.folder for each in self.lists_that_count]
        return _digest([self.as_of.isoformat(), code_version(), config, others, self._erased, self._files])[:16]

    @property
    def _erased(self) -> str:
        return self.tombstones.digest if self.tombstones else ""

    @cached_property
    def _files(self) -> list[object]:
        """Every source file with a hash of its bytes."""
        parts: list[object] = []
        for name, source in sorted(self.config.sources.items()):
            if not source.derive_from:
                files = source_files(self.settings.root, name, source)
                parts.append([[file.name, fingerprint(file.path)] for file in files])
        return parts

    @cached_property
    def audience_log(self) -> AudienceLog:
        return AudienceLog(self.settings.audience_log)

    @cached_property
    def lists(self) -> list[AudienceList]:
        """The complete lists on disk when the run began."""
        return lists_on_disk(self.settings.audiences)

    @cached_property
    def _days_run(self) -> set[date]:
        return days_published(self.engine) | {each.as_of for each in self.lists}

    @cached_property
    def audiences_left(self) -> str | None:
        """Why this run leaves the day's audiences as they are; None when it makes them."""
        sealed = self.as_of in self.audience_log.sealed_days()
        return why_left(self.as_of, self._days_run, wanted=self.audiences, sealed=sealed)

    @cached_property
    def audiences_made(self) -> Makes:
        """The lists this run makes and those of its day that stay.  Raises ``ReissueError``."""
        return what_is_made(
            self.config,
            self.as_of,
            left=self.audiences_left,
            lists=self.lists,
            handed_over=self.audience_log.handed_over(),
            reissue=self.reissue,
        )

    @property
    def is_past(self) -> bool:
        """Whether a later day has run."""
        return max({*self._days_run, self.as_of}) > self.as_of

    @cached_property
    def known_lists(self) -> set[AudienceList]:
        """Every list there is, on disk when the run began or in the tables of a day that was published."""
        return {*self.lists, *lists_in(self.engine, days_published(self.engine))}

    @cached_property
    def lists_that_count(self) -> list[AudienceList]:
        """The lists of other days whose people count as contacted, or as members of a standing list."""
        newest = max({*self._days_run, self.as_of})
        return which_count(self.config, self.known_lists, self.as_of, newest, self._handed_over)

    @cached_property
    def lists_measured(self) -> list[AudienceList]:
        """The lists up to ``as_of`` whose people were assigned to an arm, those this run made among them."""
        made = {AudienceList(self.as_of, name, version) for name, version in self.audiences_made.versions.items()}
        newest = max({*self._days_run, self.as_of})
        return which_are_measured(self.config, self.known_lists, made, self.as_of, newest, self._handed_over)

    @cached_property
    def lists_learnt_from(self) -> list[AudienceList]:
        """Those of ``lists_measured`` that were made before the run: what models learn from."""
        newest = max({*self._days_run, self.as_of})
        return which_are_measured(self.config, self.known_lists, (), self.as_of, newest, self._handed_over)

    @cached_property
    def _handed_over(self) -> set[AudienceList]:
        log = self.audience_log
        return log.handed_over() | {each for each in self.lists if each.as_of in log.sealed_days()}

    @cached_property
    def _last(self) -> Mapping[str, object]:
        """The last run, when it came to its end with this recipe."""
        if not self.engine.has(tables.LAST_RUN) or "recipe" not in self.engine.table(tables.LAST_RUN).columns:
            return {}
        return next((row for row in self.engine.rows(self.engine.table(tables.LAST_RUN)) if row["recipe"] == self.recipe), {})

    @cached_property
    def unchanged(self) -> bool:
        """Whether the last complete run already made exactly what this one would make."""
        audiences = self.settings.audiences / self.as_of.isoformat()
        files = [audiences / name / "audience.csv" for name in self.audiences_made.versions]
        same = self._last.get("fingerprint") == self.fingerprint and not self.reissue
        return same and not self.full and self.publication.exists() and all(file.is_file() for file in files)

    @cached_property
    def changes(self) -> ChangeSet:
        """What may be left as the last run made it.

        The mark of the last run is removed here, before anything is rewritten: after a run that
        did not come to its end everything is made anew.
        """
        begun = {"run_id": [self.run_id], "fingerprint": [self.fingerprint]}
        self.engine.write(BEGUN, self.engine.memtable(begun, _BEGUN_SCHEMA))
        builds_on = self._last if self.engine.incremental and not self.full else {}
        if not self.unchanged:
            self.engine.drop(tables.LAST_RUN)
            for table in tables.named_otherwise():
                self.engine.drop(table)
        return ChangeSet(cast("date | None", builds_on.get("as_of")))

    def goes_on_from(self, run_id: str | None) -> bool:
        """Whether what the run ``run_id`` made is as this one would make it; asked before anything is made."""
        if run_id is None or not self.engine.has(BEGUN):
            return False
        [begun] = self.engine.rows(self.engine.table(BEGUN))
        return (begun["run_id"], begun["fingerprint"]) == (run_id, self.fingerprint)

    def complete(self) -> None:
        """Remember that everything for this fingerprint is made and published, unless a part was left out."""
        if self.partial and not self.unchanged:
            return
        deliveries.keep(self.engine, self.config, self.as_of)
        row: dict[str, list[object]] = {"fingerprint": [self.fingerprint], "recipe": [self.recipe], "as_of": [self.as_of]}
        self.engine.write(tables.LAST_RUN, self.engine.memtable(row, _LAST_RUN_SCHEMA))

    def remember(self, table: str, made: StepResult) -> None:
        told = {"table_name": [table], "made": [json.dumps({**asdict(made), "as_of": self.as_of}, default=str)]}
        self.engine.replace_slice(MADE, self.engine.memtable(told, _MADE_SCHEMA), {"table_name": table})

    def recall(self, table: str) -> StepResult:
        return StepResult(**{name: told for name, told in self._told(table).items() if name != "as_of"})

    def made_on(self, table: str) -> date | None:
        """The day the table was last made for; None where that is not known."""
        day = self._told(table).get("as_of")
        return date.fromisoformat(day) if day else None

    def _told(self, table: str) -> dict[str, Any]:
        rows = self.engine.rows(self.engine.table(MADE)) if self.engine.has(MADE) else []
        return next((json.loads(str(row["made"])) for row in rows if row["table_name"] == table), {})


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@contextmanager
def open_run(
    settings: Settings,
    config: Config,
    as_of: date,
    run_id: str,
    on_wait: Callable[[str], None],
    full: bool = False,
    audiences: bool = True,
    accept_shrunk: frozenset[str] = frozenset(),
    reissue: frozenset[str] = frozenset(),
) -> Iterator[RunContext]:
    """The context of one run; waits for another writer, and for readers of the working file, as long as
    ``run.wait_for_writer_seconds`` each."""
    owner = f"run {run_id[:8]} for {as_of}"
    wait = config.pipeline.run.wait_for_writer_seconds
    with lock.writer(settings.writer_lock, owner, wait, on_wait), private_files():
        tidy(settings)
        recover_all(settings.audiences)
        engine = open_engine(settings, config.pipeline.engine, wait, on_wait)
        try:
            warm_up()  # after the engine: Great Expectations knows Spark only where it is loaded already
            with Validator(engine) as validator:
                yield RunContext(settings, config, engine, validator, as_of, run_id, full, audiences, accept_shrunk, reissue)
        finally:
            engine.close()
