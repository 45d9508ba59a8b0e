"""Import Great Expectations without what it takes along and a run does not use.

It tries to import the clients of clouds and Spark and goes on without those that are not installed; where they are, because
another part of the project or of the environment needs them, they cost a run more than all its checks.  Altair it needs for a
picture nobody asks for here.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

OPTIONAL = frozenset({"azure", "boto3", "botocore", "pyodbc", "pypd", "pyspark", "snowflake", "trino"})
LAZY = frozenset({"altair"})


class _Finder(MetaPathFinder):
    """For the thread that made it: what is optional is not there, what is lazy is loaded by its first use."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if threading.get_ident() != self._thread:
            return None
        package = name.partition(".")[0]
        if package in OPTIONAL and package not in sys.modules:  # of what is in use all parts are there
            raise ModuleNotFoundError(f"{name} is left out on purpose", name=name)
        if name in LAZY and (spec := PathFinder.find_spec(name, path)) is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
            return spec
        return None


@contextmanager
def without_extras() -> Iterator[None]:
    """Imports of this thread find neither clouds nor Spark; what is loaded already stays, so Spark for a run on Spark."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
