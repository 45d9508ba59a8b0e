"""Whoever was erased is known again in whatever form a file brings an address of theirs, and nobody else is."""

from __future__ import annotations

from datetime import datetime
from hashlib import md5, sha256
from pathlib import Path

import pytest

from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import Screen
from segmentation_pipeline.rights.person import Asked, find_people
from segmentation_pipeline_tests.clean.project import AS_OF, config, rows, write
from segmentation_pipeline_tests.rights.stones import as_tombstones

SETTINGS = config({"orders": {}, "customers": {}, "consents": {}}, identity={"default_region": "DE"})
ERASED_AT = datetime(2025, 3, 10)


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


EMAILS = (
    *("ann.lee+shop@gmail.com", " Ann.Lee+Shop@GMAIL.com", "annlee@gmail.com", "a.n.n.lee@googlemail.com", "annlee+x@gmail.com"),
    *(
        "mailto:ann.lee+shop@gmail.com",
        "Ann Lee <annlee@gmail.com>",
        "annlee%40gmail.com",
        "annlee (at) gmail.com",
        "'annlee@gmail.com'.",
    ),
    *("annlee@gmail.com; other@mail.test", sha("ann.lee+shop@gmail.com"), sha("annlee@gmail.com").upper()),
    *(md5(b"ann.lee+shop@gmail.com").hexdigest(), f"sha256:{sha('annlee@gmail.com')}"),
)
PHONES = (
    *("0171 5551234", "+49 171 5551234", "0049 (0)171/5551234", "49171 5551234", "+49 0171 5551234", "tel:+491715551234"),
    *("mobil 0171-5551234", "0171 5551234 oder 030 1", sha("+491715551234"), sha("491715551234"), sha("01715551234")),
)
OTHERS = (
    ("", "annlee@mail.test", ""),
    ("", "lee@gmail.com", ""),
    ("", sha("lee@gmail.com"), ""),
    ("", "", "+43 171 5551234"),
    ("", "", "0171 5551235"),
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write(
        tmp_path, "customers", "customer_id,email,phone", "C1,Ann.Lee+shop@gmail.com,0171 5551234", "C2,bob@mail.test,030 5559999"
    )
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "O1,C1,2025-01-01,1", "O2,C2,2025-01-01,1")
    write(tmp_path, "consents", "customer_id,channel,purpose,status,occurred_at", "C1,email,marketing,granted,2025-01-01")
    return tmp_path


@pytest.mark.slow
def test_every_form_of_an_address_is_refused_and_no_stranger_is(shop: Path) -> None:
    engine = DuckDBEngine(None)
    for name in SETTINGS.cleaning_order:
        load_source(engine, shop, name, SETTINGS.sources[name], AS_OF)
        clean_source(engine, name, SETTINGS, AS_OF)
    asked = Asked(emails=["annlee@googlemail.com"])
    stones = as_tombstones(b"k" * 32, ERASED_AT, find_people(engine, SETTINGS, asked, ERASED_AT).values)

    header = "customer_id,email,phone,channel,purpose,status,occurred_at"
    named = [("", email, "") for email in EMAILS] + [("", "", phone) for phone in PHONES]
    named += [(key, "", "") for key in (*EMAILS, *PHONES)]
    lines = [",".join(f'"{part}"' for part in row) + ",email,marketing,granted,2025-02-01" for row in (*named, *OTHERS)]
    write(shop, "consents", header, *lines)
    write(
        shop, "customers", "customer_id,email,phone", *(f'N{n},"{email}",' for n, email in enumerate(EMAILS)), "C2,bob@mail.test,"
    )
    found = {}
    for name in ("customers", "consents"):
        screen = Screen(engine, Reading(name, SETTINGS.sources[name], SETTINGS.pipeline.business), stones)
        load_source(engine, shop, name, SETTINGS.sources[name], AS_OF, screen=screen)
        found[name] = rows(engine, tables.raw(name), *(("_row",) if name == "consents" else ("customer_id",)))
    back = [lines[int(str(row[0])) - 1] for row in found["consents"]]
    assert back == lines[len(named) :]
    assert found["customers"] == [("C2",)]
    engine.close()
