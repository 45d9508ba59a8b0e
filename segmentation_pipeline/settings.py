"""Where one project's things lie: a single frozen object, everything derived from the root."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from segmentation_pipeline.errors import UserError

HOME_VARIABLE = "SEGMENTATION_HOME"


class ProjectNotFound(UserError):
    """No folder with a ``config/sources.yaml`` was named or found."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The paths of a project.  ``root`` holds ``config/`` and ``data/``."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def landing(self) -> Path:
        """What was fetched from databases and object stores: a folder per source."""
        return self.data / "landing"

    @property
    def warehouse(self) -> Path:
        """The pipeline's own working file; nobody else opens it."""
        return self.data / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The finished file BI tools read."""
        return self.data / "published" / "segmentation.duckdb"

    @property
    def report(self) -> Path:
        """The page people read, beside the file BI tools read."""
        return self.published.with_name("report.html")

    @property
    def audiences(self) -> Path:
        return self.data / "audiences"

    @property
    def audience_log(self) -> Path:
        """What happened to audiences, a line each; not among them, so that a run's files stay the same to the byte."""
        return self.data / "audience_log.jsonl"

    @property
    def alerts(self) -> Path:
        """Which alerts were sent, by key, and those that wait to be."""
        return self.data / "alerts.json"

    @property
    def data_docs(self) -> Path:
        return self.data / "data_docs"

    @property
    def secrets(self) -> Path:
        """Who was erased, as keyed hashes, the key of them, and the certificates; never part of ``data``."""
        return self.root / "secrets"

    @property
    def writer_lock(self) -> Path:
        return self.data / "writer.lock"

    @property
    def dagster_home(self) -> Path:
        return self.data / "dagster"

    @property
    def backups(self) -> Path:
        """Where archives go that are given no other place; never part of ``data``."""
        return self.root / "backups"

    @property
    def restoring(self) -> Path:
        """There while a backup is brought back; it names the archive."""
        return self.data / "warehouse.restoring"

    @property
    def temp(self) -> Path:
        return self.data / "tmp"

    @property
    def reading(self) -> Path:
        """Temporary files of commands that read the publication while a run may be writing."""
        return self.temp / "reading"

    @classmethod
    def find(cls, start: Path | None = None) -> Settings:
        """The project named by ``SEGMENTATION_HOME``, else the nearest one at or above ``start``."""
        if named := os.environ.get(HOME_VARIABLE):
            root = Path(named).expanduser().resolve()
            if not (root / "config" / "sources.yaml").is_file():
                raise ProjectNotFound(f"{HOME_VARIABLE} is {root}, which has no config/sources.yaml")
            return cls(root)
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "config" / "sources.yaml").is_file():
                return cls(folder)
        raise ProjectNotFound(
            f"no config/sources.yaml in {here} or above it: change into a project or name one with --project DIR"
        )
