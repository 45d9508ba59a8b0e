"""Imports of a library that are for nothing, and take as long as all the rest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def missing(*names: str) -> Iterator[None]:
    """Inside the block these modules cannot be imported, as if they were not installed; those imported already can."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python keeps a module from being found
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
