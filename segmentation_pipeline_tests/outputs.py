"""What a version of the code publishes, kept in a folder, and two such folders compared.

    python -m segmentation_pipeline_tests.outputs make FOLDER [--code CHECKOUT] [--projects sample,every_source]
    python -m segmentation_pipeline_tests.outputs compare BEFORE AFTER

``make`` runs three projects by their command line, each of a checkout's own configuration and for two days one after the
other, so that what one day hands to the next counts.  ``--code`` takes another checkout than the one this file lies in:
nothing of the package is imported here, so this file also measures code that is older than itself.
``compare`` tells of each published table and of each audience file whether it is equal, and if not, which columns and rows
differ.  It leaves out only what names the program itself (``OF_THE_PROGRAM``) and ends with 1 where anything else differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

OF_THE_PROGRAM = {
    "publication": {"fingerprint", "publication_id"},
    "model_registry": {"code_version", "data_fingerprint"},
}
"""Columns that are hashes of the program's own text: another comment anywhere in it changes them."""

OF_THE_PROGRAM_IN_FILES = {"publication_id"}

KEPT_FILES = ("audiences/**/*", "audience_log.jsonl", "published/records_of_processing.md")
"""Below a project's folder ``data``, beside the published file."""


@dataclass(frozen=True, slots=True)
class Example:
    """A project to run: where its configuration lies in a checkout, its two days, and how its files are made."""

    folder: str
    days: tuple[str, str]
    generate: tuple[str, ...] = ()


PROJECTS = {
    "sample": Example(".", ("2026-06-29", "2026-06-30")),
    "complete_journey": Example("examples/complete_journey", ("2017-12-30", "2017-12-31")),
    "every_source": Example(
        "examples/every_source", ("2026-06-29", "2026-06-30"), ("--sources", "all", "--customers", "1000", "--seed", "1")
    ),
}


def make(folder: Path, code: Path, names: list[str]) -> None:
    """Run the projects with the code of a checkout and keep what they published.

    Raises ``SystemExit`` with what the command said where a run fails.
    """
    for name in names:
        with tempfile.TemporaryDirectory(prefix=f"outputs_{name}_") as made:
            project = _prepared(PROJECTS[name], code, Path(made) / "project")
            for day in PROJECTS[name].days:
                _segmentation(code, "--project", str(project), "run", "--as-of", day)
            _keep(project / "data", folder / name)
        print(f"{name}: kept in {folder / name}", flush=True)  # noqa: T201 - a command, whose result this is


def _prepared(example: Example, code: Path, project: Path) -> Path:
    shutil.copytree(code / example.folder / "config", project / "config")
    raw = project / "data" / "raw"
    if example.generate:
        _segmentation(code, "generate", *example.generate, "--out", str(raw))
    elif (code / example.folder / "data" / "raw").is_dir():
        shutil.copytree(code / example.folder / "data" / "raw", raw)
    return project


def _segmentation(code: Path, *arguments: str) -> None:
    program = (
        "import pathlib, segmentation_pipeline as package\n"
        f"assert pathlib.Path(package.__file__).is_relative_to({str(code)!r}), package.__file__\n"
        "from segmentation_pipeline.cli import main\n"
        "main()"
    )
    environment = os.environ | {"PYTHONPATH": str(code), "DAGSTER_HOME": "", "COLUMNS": "240"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, cwd=code, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"segmentation {' '.join(arguments)} of {code} failed:\n{done.stdout}\n{done.stderr}")


def _keep(data: Path, kept: Path) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    shutil.copy(data / "published" / "segmentation.duckdb", kept / "segmentation.duckdb")
    for pattern in KEPT_FILES:
        for file in sorted(path for path in data.glob(pattern) if path.is_file()):
            copy = kept / "files" / file.relative_to(data)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


def compare(before: Path, after: Path) -> Iterator[tuple[bool, str]]:
    """One entry per project and table or kind of file: whether both sides are equal, and in words what differs."""
    for name in sorted({path.name for side in (before, after) for path in side.iterdir() if path.is_dir()}):
        one, other = before / name, after / name
        if not (one.is_dir() and other.is_dir()):
            yield False, f"{name}: only in {before if one.is_dir() else after}"
            continue
        for equal, words in (*_tables(one, other), *_files(one / "files", other / "files")):
            yield equal, f"{name}  {words}"


def _tables(before: Path, after: Path) -> Iterator[tuple[bool, str]]:
    with duckdb.connect() as con:
        for side, path in (("l", before), ("r", after)):
            file = str(path / "segmentation.duckdb").replace("'", "''")
            con.execute(f"ATTACH '{file}' AS {side} (READ_ONLY)")
        names = [_names(con, side) for side in "lr"]
        for table in sorted(names[0] | names[1]):
            if table not in names[0] or table not in names[1]:
                yield False, f"{table}: only {'before' if table in names[0] else 'after'}"
            else:
                told = [*_columns_differ(con, table), *_rows_differ(con, table)]
                rows = _count(con, f"FROM l.{_q(table)}")
                yield not told, f"{table}: {'; '.join(told) or f'equal ({rows:,} rows)'}"
        functions = [_functions(con, side) for side in "lr"]
        for name in sorted(functions[0].keys() | functions[1].keys()):
            definitions = [side.get(name, "none") for side in functions]
            equal = definitions[0] == definitions[1]
            yield equal, f"function {name}: {'equal' if equal else ' was, is: '.join(definitions)}"


def _functions(con: duckdb.DuckDBPyConnection, side: str) -> dict[str, str]:
    found = con.execute(
        "SELECT function_name, string_agg(macro_definition, ';' ORDER BY macro_definition) FROM duckdb_functions() "
        "WHERE database_name = ? AND NOT internal GROUP BY 1",
        [side],
    )
    return dict(found.fetchall())


def _names(con: duckdb.DuckDBPyConnection, side: str) -> set[str]:
    found = con.execute(f"SELECT table_name FROM information_schema.tables WHERE table_catalog = '{side}'")
    return {name for (name,) in found.fetchall()}


def _types(con: duckdb.DuckDBPyConnection, side: str, table: str) -> dict[str, tuple]:
    found = con.execute(
        "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE database_name = ? AND table_name = ? "
        "ORDER BY column_index",
        [side, table],
    )
    return {name: (kind, comment) for name, kind, comment in found.fetchall()}


def _columns_differ(con: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    left, right = _types(con, "l", table), _types(con, "r", table)
    for words, names in (("before", left.keys() - right.keys()), ("after", right.keys() - left.keys())):
        if names:
            yield f"columns only {words}: {', '.join(sorted(names))}"
    both = [name for name in left if name in right]
    if both != [name for name in right if name in left]:
        yield "columns in another order"
    for name in both:
        for what, one, other in zip(("type", "comment"), left[name], right[name], strict=True):
            if one != other:
                yield f"{what} of {name}: {one!r} was, {other!r} is"


def _rows_differ(con: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    """Rows that stand on one side only, counting repetitions, in the columns both sides have."""
    right = _types(con, "r", table)
    columns = [name for name in _types(con, "l", table) if name in right and name not in OF_THE_PROGRAM.get(table, set())]
    listed = ", ".join(map(_q, columns))
    sides = [f"SELECT {listed} FROM {side}.{_q(table)}" for side in "lr"]
    only = [_count(con, f"{sides[0]} EXCEPT ALL {sides[1]}"), _count(con, f"{sides[1]} EXCEPT ALL {sides[0]}")]
    if not any(only):
        return
    yield f"{only[0]:,} of {_count(con, sides[0]):,} rows only before, {only[1]:,} of {_count(con, sides[1]):,} only after"
    key = _key(con, sides, columns)
    if not key:
        yield f"such as {con.execute(f'{sides[0]} EXCEPT ALL {sides[1]} ORDER BY ALL LIMIT 1').fetchall() or 'none'} before"
        return
    on = " AND ".join(f"l.{_q(name)} IS NOT DISTINCT FROM r.{_q(name)}" for name in key)
    joined = f"FROM ({sides[0]}) l JOIN ({sides[1]}) r ON {on}"
    for name in columns:
        differ = f"{joined} WHERE l.{_q(name)} IS DISTINCT FROM r.{_q(name)}"
        if count := _count(con, f"SELECT 1 {differ}"):
            told = ", ".join(f"l.{_q(part)}::VARCHAR" for part in key)
            [*where, was, now] = _first(con, f"SELECT {told}, l.{_q(name)}, r.{_q(name)} {differ} ORDER BY ALL LIMIT 1")
            yield f"{name} differs in {count:,}, such as {'/'.join(map(str, where))}: {was!r} was, {now!r} is"
    told = ", ".join(map(_q, key))
    for words, one, other in (("before", *sides), ("after", *reversed(sides))):
        lone = f"SELECT {told} FROM ({one}) EXCEPT ALL SELECT {told} FROM ({other})"
        if count := _count(con, lone):
            rows = con.execute(f"{lone} ORDER BY ALL LIMIT 2").fetchall()
            yield f"{count:,} keys only {words}, such as {' and '.join('/'.join(map(str, row)) for row in rows)}"


def _key(con: duckdb.DuckDBPyConnection, sides: list[str], columns: list[str]) -> list[str]:
    """The fewest leading columns that tell the rows of either side apart; none where nothing does."""
    for length in range(1, min(len(columns), 6) + 1):
        listed = ", ".join(map(_q, columns[:length]))
        if all(_count(con, side) == _count(con, f"SELECT DISTINCT {listed} FROM ({side})") for side in sides):
            return columns[:length]
    return []


def _files(before: Path, after: Path) -> Iterator[tuple[bool, str]]:
    sides = [{str(path.relative_to(side)): path for path in side.rglob("*") if path.is_file()} for side in (before, after)]
    equal = 0
    for name in sorted(sides[0].keys() | sides[1].keys()):
        if name not in sides[0] or name not in sides[1]:
            yield False, f"{name}: only {'before' if name in sides[0] else 'after'}"
            continue
        contents = [_content(side[name]) for side in sides]
        if contents[0] == contents[1]:
            equal += 1
            continue
        lone = [[line for line in one if line not in set(other)] for one, other in (contents, contents[::-1])]
        told = [
            f"{len(lines)} lines only {when}, such as {lines[0]}"
            for when, lines in zip(("before", "after"), lone, strict=True)
            if lines
        ]
        yield False, f"{name}: {'; '.join(told) or 'lines in another order'}"
    yield True, f"files of audiences, their log and records: {equal} equal"


def _content(path: Path) -> list[str]:
    """The lines of a file; of JSON without what names the program."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.dumps(_without(json.loads(text)), indent=1, ensure_ascii=False).splitlines()
    if path.suffix == ".jsonl":
        return [json.dumps(_without(json.loads(line)), ensure_ascii=False) for line in text.splitlines()]
    return text.splitlines()


def _without(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without(part) for key, part in value.items() if key not in OF_THE_PROGRAM_IN_FILES}
    return [_without(part) for part in value] if isinstance(value, list) else value


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _count(con: duckdb.DuckDBPyConnection, rows: str) -> int:
    return int(_first(con, f"SELECT count(*) FROM ({rows})")[0])


def _first(con: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    row = con.execute(sql).fetchone()
    assert row is not None
    return row


def main(arguments: list[str] | None = None) -> int:
    """1 where anything differs that does not name the program."""
    parser = argparse.ArgumentParser(prog="outputs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make", help="run the projects and keep what they publish")
    making.add_argument("folder", type=Path)
    making.add_argument("--code", type=Path, default=Path(__file__).parents[1], help="the checkout whose code runs")
    making.add_argument("--projects", default=",".join(PROJECTS), help="some of them, comma-separated")
    comparing = commands.add_parser("compare", help="tell what differs between two such folders")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.command == "make":
        names = chosen.projects.split(",")
        if unknown := [name for name in names if name not in PROJECTS]:
            parser.error(f"no project {', '.join(unknown)}; there are {', '.join(PROJECTS)}")
        make(chosen.folder.resolve(), chosen.code.resolve(), names)
        return 0
    results = list(compare(chosen.before, chosen.after))
    for _, words in results:
        print(words)  # noqa: T201
    differing = sum(not equal for equal, _ in results)
    print(f"{differing} of {len(results)} differ" if differing else f"all {len(results)} equal")  # noqa: T201
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
