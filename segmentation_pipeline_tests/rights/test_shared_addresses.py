"""A no given for an address two people share holds for the other when the one who gave it is erased."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import BusinessConfig, SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import Screen, left_out
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights.source_files import rewrite_source_file
from segmentation_pipeline.rights.warehouse import erase_in_warehouse
from segmentation_pipeline_tests.clean.project import AS_OF, config, write
from segmentation_pipeline_tests.rights.stones import as_tombstones

STONES = as_tombstones(b"k" * 32, datetime(2025, 3, 10), {Kind.CUSTOMER: ["c2"], Kind.EMAIL: ["mine@x.test"]})
HEADER = "customer_id,email,phone,channel,purpose,status,occurred_at"
LINES = (
    "C3,,,email,marketing,granted,2025-01-01",
    "C2,both@x.test,,email,marketing,withdrawn,2025-02-01",
    "C2,both@x.test,,email,marketing,granted,2025-01-15",
    "C2,mine@x.test,,email,marketing,withdrawn,2025-02-01",
    "C2,mine@x.test,+49 30 5551234,sms,marketing,withdrawn,2025-02-01",
)
LEFT = [("C3", None, None), (None, "both@x.test", None), (None, None, "+49 30 5551234")]


def consents(engine: DuckDBEngine) -> list[tuple[object, ...]]:
    found = engine.rows(engine.table(tables.raw("consents")).order_by("_row"))
    return [(row["customer_id"], row["email"], row["phone"]) for row in found]


@pytest.mark.slow
def test_the_no_stays_for_the_address_without_the_one_who_gave_it(tmp_path: Path) -> None:
    engine, settings = DuckDBEngine(None), config({"orders": {}, "consents": {}})
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "O1,C3,2025-01-01,1")
    write(tmp_path, "consents", HEADER, *LINES)
    for name in ("orders", "consents"):
        load_source(engine, tmp_path, name, settings.sources[name], AS_OF)
    assert erase_in_warehouse(engine, STONES, settings).left == {}
    assert consents(engine) == LEFT, "a yes of the erased is nobody else's"
    engine.drop(tables.raw("consents"))
    screen = Screen(engine, Reading("consents", settings.sources["consents"], settings.pipeline.business), STONES)
    load_source(engine, tmp_path, "consents", settings.sources["consents"], AS_OF, screen=screen)
    assert consents(engine) == LEFT, "every later reading comes to the same"
    assert left_out(engine, "consents")["erased"] == 2


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_a_rewritten_file_keeps_the_no(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / f"consents.{file_format}"
    if file_format == "csv":
        path.write_text("\n".join((HEADER, *LINES)) + "\n")
        kept = [HEADER, LINES[0], LINES[1].replace("C2", ""), LINES[4].replace("C2,mine@x.test", ",")]
    else:
        row = '{{"customer_id": {}, "email": "{}", "channel": "email", "purpose": "marketing", "status": "withdrawn", '
        row += '"occurred_at": "2025-02-01"}}'
        path.write_text("\n".join((row.format('"C3"', ""), row.format('"C2"', "both@x.test"), row.format('"C2"', ""))) + "\n")
        kept = [row.format('"C3"', ""), row.format("null", "both@x.test")]
    reading = Reading("consents", SourceConfig(files=path.name), BusinessConfig())
    assert rewrite_source_file(DuckDBEngine(None), reading, SourceFile(path, path.name, file_format), STONES)
    assert path.read_text().splitlines() == kept
