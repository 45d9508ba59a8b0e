"""The rules of the house: who may import what, where SQL stands, no clock, nothing large in Python."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from importlinter.cli import lint_imports

import segmentation_pipeline

PACKAGE = Path(segmentation_pipeline.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
WIRING = ("assets/", "cli/", "definitions.py")
LOGIC = [name for name in MODULES if not name.startswith(WIRING)]
MAX_LINES = 300
MAX_LINES_OF_FUNCTION = 50


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path) -> Iterator[str]:
    """The modules a file imports, wherever in it."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _calls(path: Path) -> tuple[str, ...]:
    """What a file calls, as written: ``date.today``, ``engine._run``."""
    return tuple(ast.unparse(node.func) for node in ast.walk(_tree(path)) if isinstance(node, ast.Call))


def _breakers(names: list[str] | dict[str, Path], pattern: str, allowed: tuple[str, ...] = ()) -> list[str]:
    """Modules outside ``allowed`` with a call that ends like ``pattern``."""
    found = re.compile(rf"(?:^|\.)(?:{pattern})$")
    judged = [name for name in names if not name.startswith(allowed)]
    return [f"{name}: {call}" for name in judged for call in _calls(MODULES[name]) if found.search(call)]


def test_rooms_are_stacked_and_no_two_import_each_other():
    """The contracts stand in ``pyproject.toml`` ([tool.importlinter]); ``lint-imports`` tells the same with every path."""
    assert lint_imports(config_filename=str(PACKAGE.parent / "pyproject.toml"), cache_dir=None) == 0


def test_sql_runs_in_the_engine_alone():
    """Beside it only in the summary's two queries of the published file, in PostgreSQL's connection, in the generator of
    the sample and in Great Expectations' own queries."""
    allowed = ("engine/", "cli/summary.py", "connections/postgres.py", "demo/", "quality/")
    assert _breakers(MODULES, r"raw_sql|\.execute\(|con\.sql|_run\b", allowed) == []


def test_only_engines_import_duckdb():
    allowed = ("engine/", "demo/", "quality/")
    assert [name for name, path in MODULES.items() if not name.startswith(allowed) and "duckdb" in set(_imports(path))] == []


DRIVERS = {"adbc_driver_manager", "adbc_driver_postgresql", "apprise", "fsspec", "s3fs", "botocore", "smtplib"}


def test_only_connections_speak_to_databases_and_object_stores():
    users = {name for name, path in MODULES.items() if {module.split(".")[0] for module in _imports(path)} & DRIVERS}
    assert {name for name in users if not name.startswith("connections/")} == set()
    assert _breakers(MODULES, r"cursor\.execute|adbc_ingest", ("connections/postgres.py",)) == []


def test_connections_know_no_other_room_and_landing_knows_no_engine():
    inside = {name: {m for m in _imports(path) if m.startswith("segmentation_pipeline.")} for name, path in MODULES.items()}
    own = ("segmentation_pipeline.connections", "segmentation_pipeline.errors")
    assert [m for name in inside if name.startswith("connections/") for m in inside[name] if not m.startswith(own)] == []
    foreign = ("segmentation_pipeline.engine", "segmentation_pipeline.destinations", "segmentation_pipeline.run_context")
    assert [m for name in inside if name.startswith("landing/") for m in inside[name] if m.startswith(foreign)] == []


def test_the_schema_knows_no_kind_and_nobody_but_its_file_and_catalogue_names_one():
    """A kind of destination, landing or way of alerts is one file and one line: whoever else named it would be one more file to touch."""
    schema = {m for name, path in MODULES.items() if name.startswith("config/schema/") for m in _imports(path)}
    inside = {m for m in schema if m.startswith("segmentation_pipeline.")}
    assert {
        m for m in inside if not m.startswith(("segmentation_pipeline.config.schema", "segmentation_pipeline.contracts"))
    } == set()
    for room, shared in (("destinations", "destination"), ("landing", "landing"), ("alerts", "channel")):
        files = {Path(name).stem for name in MODULES if name.startswith(f"{room}/")}
        catalogued = {
            m.split(".")[2] for m in _imports(PACKAGE / room / "catalog.py") if m.startswith(f"segmentation_pipeline.{room}.")
        }
        kinds = tuple(f"segmentation_pipeline.{room}.{kind}" for kind in files & catalogued - {shared, "catalog"})
        assert kinds
        users = {name for name, path in MODULES.items() if any(m.startswith(kinds) for m in _imports(path))}
        assert users == {f"{room}/catalog.py"}


def test_logic_has_no_clock_and_no_unseeded_chance():
    assert _breakers(LOGIC, r"(datetime|date)\.(now|utcnow|today)|time\.time|time\.time_ns") == []
    assert _breakers(LOGIC, r"random\.(random|choice|shuffle|sample|randint)|uuid\.uuid[14]|uuid[14]|default_rng\(\)") == []
    assert _breakers(MODULES, r"(datetime|date)\.(now|utcnow|today)|time\.time", ("cli/", "assets/sensors.py")) == []


def test_no_table_is_turned_into_a_data_frame():
    assert _breakers(MODULES, r"to_pandas|to_polars|fetchdf|df") == []


def test_nothing_is_printed_past_the_console():
    assert _breakers(MODULES, r"print", ("cli/",)) == []
    bare = [name for name, path in MODULES.items() if "print" in set(_calls(path))]
    assert bare == []


def test_modules_are_short():
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: number for name, number in lines.items() if number > MAX_LINES} == {}


def test_functions_are_short():
    """Without signature and docstring: what is declared, and what is said of it, may be long."""
    long = {}
    for name, path in MODULES.items():
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                if (lines := (node.end_lineno or 0) - first.lineno + 1) > MAX_LINES_OF_FUNCTION:
                    long[f"{name}: {node.name}"] = lines
    assert long == {}


def test_modules_are_named_by_an_idea():
    assert [name for name in MODULES if Path(name).stem in {"utils", "util", "helpers", "helper", "common", "misc"}] == []


def test_every_module_says_what_it_is_for():
    judged = {name: path for name, path in MODULES.items() if not name.endswith("__init__.py")}
    assert [name for name, path in judged.items() if not ast.get_docstring(_tree(path))] == []


def test_loading_the_definitions_stays_light():
    """Great Expectations takes seconds to import, scikit-learn one; both load where they are used."""
    code = "import sys, segmentation_pipeline.definitions; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "dagster" in loaded
    assert not loaded & {"great_expectations", "sklearn", "scipy", "pyspark", "s3fs", "botocore", "aiohttp"}
    assert not loaded & {"adbc_driver_manager", "adbc_driver_postgresql"}
