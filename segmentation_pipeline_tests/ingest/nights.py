"""Nights of one project without what comes after cleaning: what a run reads, compares, and keeps for the next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.deliveries import Limits, check_sources, check_usable, keep
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline_tests.clean.project import config

AS_OF = date(2026, 6, 30)
Files = Mapping[str, str | None]
"""Contents by file name; None deletes."""


@dataclass
class Shop:
    """A folder of files and the warehouse they are read into, night after night."""

    folder: Path
    sources: dict[str, dict[str, object]]
    pipeline: dict[str, object] = field(default_factory=dict)
    engine: DuckDBEngine = field(default_factory=lambda: DuckDBEngine(None))

    def deliver(self, files: Files) -> None:
        for name, text in files.items():
            if text is None:
                (self.folder / name).unlink()
            else:
                (self.folder / name).write_text(text, encoding="utf-8")

    def configured(self) -> Config:
        return config(self.sources, **self.pipeline)

    def night(self, accept: Collection[str] = (), as_of: date = AS_OF, *, comes_through: bool = True) -> list[str]:
        """As ``assets.raw``, ``assets.clean`` and the end of a run do it; the sources that are gone and not missed.

        Raises what a run stops with; ``comes_through``: False for a run that fails somewhere after cleaning.
        """
        engine, settings = self.engine, self.configured()
        gone = check_sources(engine, settings, accept, as_of, "run")
        for name in settings.cleaning_order:
            if not settings.sources[name].derive_from:
                limits = Limits.of(settings, name, accept, "run")
                load_source(engine, self.folder, name, settings.sources[name], as_of, limits=limits)
        for name in settings.cleaning_order:
            clean_source(engine, name, settings, as_of)
            check_usable(engine, name, settings, Limits.of(settings, name, accept, "run"), as_of)
        if comes_through:
            keep(engine, settings, as_of)
        return gone
