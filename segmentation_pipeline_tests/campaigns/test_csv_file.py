"""CSV files are private, exact and harmless in a spreadsheet."""

from __future__ import annotations

import hashlib
import stat

import pytest

from segmentation_pipeline.campaigns.csv_file import as_known, harmless, write_csv
from segmentation_pipeline.engine.duckdb import DuckDBEngine

ENGINE = DuckDBEngine(None)


def texts(*values):
    return ENGINE.memtable({"text": values}, {"text": "string"})


def test_writes_utf8_with_lf_quotes_and_empty_unknowns(tmp_path):
    path = tmp_path / "a.csv"
    written = write_csv(ENGINE, texts('Zoë "Z"', "a,b", None), path)
    assert path.read_bytes() == 'text\n"Zoë ""Z"""\n"a,b"\n\n'.encode()
    assert (written.rows, written.sha256) == (3, hashlib.sha256(path.read_bytes()).hexdigest())


def test_only_the_owner_may_read(tmp_path):
    write_csv(ENGINE, texts("a"), tmp_path / "a.csv")
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600


def test_an_empty_table_is_a_header(tmp_path):
    assert write_csv(ENGINE, texts(), tmp_path / "a.csv").rows == 0
    assert (tmp_path / "a.csv").read_bytes() == b"text\n"


def test_never_writes_into_an_existing_file(tmp_path):
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(FileExistsError):
        write_csv(ENGINE, texts("a"), tmp_path / "a.csv")


def test_more_rows_than_a_batch_arrive_in_order(tmp_path):
    import ibis

    many = ibis.range(250_000).unnest().name("n").as_table().order_by(ibis.desc("n"))
    assert write_csv(ENGINE, many, tmp_path / "a.csv").rows == 250_000
    assert (tmp_path / "a.csv").read_text().splitlines()[1:] == [str(n) for n in range(249_999, -1, -1)]


UNSEEN = [
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "\ufeff=1",
    "\u200b=1",
    "  =1",
    "\xa0=1",
    "\u3000=1",
    "\u2003=1",
    "\x0b=1",
    "\u2060=1",
]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", *UNSEEN])
def test_formula_cells_get_an_apostrophe_and_are_read_back_without(cell):
    table = texts(cell)
    guarded = table.select(text=harmless(table.text))
    assert ENGINE.rows(guarded) == [{"text": "'" + cell}]
    assert ENGINE.rows(guarded.select(text=as_known(guarded.text))) == [{"text": cell}]


@pytest.mark.parametrize("cell", ["Anna-Lena", "a=b", "'t Hart", "", None, "1-2"])
def test_other_cells_stay_as_they_are(cell):
    table = texts(cell)
    assert ENGINE.rows(table.select(text=harmless(table.text), known=as_known(table.text))) == [{"text": cell, "known": cell}]
