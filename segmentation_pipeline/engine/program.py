"""The program as far as results depend on it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def code_version(engine: str = "duckdb") -> str:
    """A hash of the package's own source and of the libraries results on ``engine`` depend on: a
    changed program never reuses old results.  Read once, as a process goes on with the program it has loaded."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    of_engine = ("pyspark",) if engine == "spark" else ()
    fitted = ("scikit-learn", "scipy", "tea-tasting")
    for library in ("duckdb", "holidays", "ibis-framework", "numpy", "phonenumbers", *of_engine, *fitted):
        digest.update(f"{library} {version(library)}\n".encode())
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
