"""Write the sources as files, sorted, so that the same draw gives the same bytes whatever the threads.

Also the faults of a file rather than of a row: a record cut off at the end, a line with a column too
many, bytes in another encoding.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import duckdb

from segmentation_pipeline.demo.fault import BROKEN_BYTE_MARK, Effect, Fault
from segmentation_pipeline.demo.layout import LAYOUTS, Layout
from segmentation_pipeline.demo.spoil import CUT_OFF, WRONG_COLUMNS
from segmentation_pipeline.errors import UserError

Format = Literal["csv", "parquet"]

_COPY_OPTIONS = {
    "csv": "FORMAT csv, HEADER true",
    "jsonl": "FORMAT json",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}


class LeftoverFiles(UserError):
    """The folder holds files of another run that the pipeline would read together with the new ones."""


def refuse_leftovers(out: Path, written: Sequence[str], sources: Sequence[str]) -> None:
    """Raise ``LeftoverFiles`` when ``out`` has files of these sources that this run does not replace."""
    found = {path.name for source in sources for pattern in (f"{source}.*", f"{source}_*.*") for path in out.glob(pattern)}
    if leftovers := sorted(found - set(written)):
        raise LeftoverFiles(
            f"{out} already holds {', '.join(leftovers)}, which would be read together with the new files. "
            "Delete them or choose an empty folder."
        )


def file_names(con: duckdb.DuckDBPyConnection, sources: Sequence[str], file_format: Format) -> dict[str, dict[str, str]]:
    """The files of each source: name and the condition for the rows in it.  Orders come in one file a year."""
    names: dict[str, dict[str, str]] = {}
    for source in sources:
        ending = "parquet" if file_format == "parquet" else LAYOUTS[source].ending
        if source == "orders":
            years = con.execute("SELECT DISTINCT year(event) FROM sent_orders ORDER BY 1").fetchall()
            names[source] = {f"orders_{year}.{ending}": f"year(event) = {year}" for (year,) in years}
        else:
            names[source] = {f"{source}.{ending}": "true"}
    return names


def write_source(
    con: duckdb.DuckDBPyConnection, source: str, files: dict[str, str], faults: Sequence[Fault], out: Path, file_format: Format
) -> dict[str, int]:
    """Write the files of one source; rows per file."""
    layout = LAYOUTS[source]
    columns = ", ".join(f'{sql} AS "{name}"' for name, sql in _written(layout, faults, file_format).items())
    order = ", ".join(["event", *(f"key{number}" for number, _ in enumerate(layout.key, start=1)), "copy"])
    written = {}
    for name, condition in files.items():
        path = out / name
        plain = path.with_suffix("") if path.suffix == ".gz" else path
        kind = "parquet" if file_format == "parquet" else "jsonl" if path.suffix == ".jsonl" else "csv"
        rows = con.execute(
            f"COPY (SELECT {columns} FROM sent_{source} WHERE {condition} ORDER BY {order}) "
            f"TO '{str(plain).replace(chr(39), chr(39) * 2)}' ({_COPY_OPTIONS[kind]})"
        ).fetchall()[0][0]
        if kind == "csv" and any(BROKEN_BYTE_MARK in value for fault in faults for value in fault.changes.values()):
            _break_bytes(plain)
        if plain != path:
            _compress(plain, path)
        written[name] = int(rows)
    return written


def _written(layout: Layout, faults: Sequence[Fault], file_format: Format) -> dict[str, str]:
    if file_format == "parquet":
        return dict(layout.columns)
    columns = {name: layout.text.get(name, sql) for name, sql in layout.columns.items()}
    for fault in faults:
        for name, text in fault.text.items():
            columns[name] = f"CASE WHEN fault = '{fault.name}' THEN {text} ELSE ({columns[name]})::VARCHAR END"
    return columns


def _break_bytes(path: Path) -> None:
    """Replace the mark by the single byte that Latin-1 has for an o-umlaut: no UTF-8 text holds it alone."""
    mark = BROKEN_BYTE_MARK.encode()
    draft = path.with_name(path.name + ".draft")
    with path.open("rb") as source, draft.open("wb") as target:
        for line in source:
            target.write(line.replace(mark, b"\xf6"))
    draft.replace(path)


def _compress(plain: Path, path: Path) -> None:
    """Gzip without name and time, which would differ from run to run."""
    with plain.open("rb") as source, path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    plain.unlink()


def plan_broken_records(
    con: duckdb.DuckDBPyConnection, files: dict[str, dict[str, str]]
) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Choose the orders that broken records tell of and list them as faults.

    Returns the files with the conditions for what is still written whole, and the text to append per file.

    The second orders file ends in a record cut off in its customer number, and its order is lost.
    The last but one gets an order again with a decimal comma, so that it has a column too many.
    The consent ledger has none: half an event may be a withdrawal and names nobody, so it stops the run.
    """
    appended: dict[str, str] = {}
    files = {source: dict(names) for source, names in files.items()}
    yearly = list(files.get("orders", {}).items())
    if len(yearly) >= 3:
        name, condition = yearly[1]
        order_no, cust_no, _ = _last_good_order(con, condition)
        appended[name] = f"{order_no},{cust_no[:4]}"
        _list_fault(con, "orders", CUT_OFF, order_no, name)
        con.execute("INSERT INTO lost_orders VALUES (?)", [order_no])
        files["orders"][name] = f"{condition} AND key1 <> '{order_no}'"
        name, condition = yearly[-2]
        order_no, cust_no, order_date = _last_good_order(con, condition)
        appended[name] = f"{order_no},{cust_no},{order_date},1,049.90,0.00,Online Shop,,shipped,{order_date}\n"
        _list_fault(con, "orders", WRONG_COLUMNS, order_no, name)
    return files, appended


def _last_good_order(con: duckdb.DuckDBPyConnection, condition: str) -> tuple[str, str, object]:
    return con.execute(
        f"SELECT order_no, cust_no, order_date FROM sent_orders WHERE fault IS NULL AND copy = 0 "
        f"AND key1 NOT IN (SELECT order_no FROM faulty_orders) AND {condition} ORDER BY event DESC, order_no DESC LIMIT 1"
    ).fetchall()[0]


def _list_fault(con: duckdb.DuckDBPyConnection, source: str, fault: str, key: str | None, name: str) -> None:
    con.execute("INSERT INTO faults VALUES (?, ?, ?, ?, ?)", [source, fault, Effect.QUARANTINED, key, name])


def append_broken_records(out: Path, appended: dict[str, str]) -> None:
    """Add the planned records to the ends of their files."""
    for name, text in appended.items():
        with (out / name).open("a", encoding="utf-8", newline="") as file:
            file.write(text)
