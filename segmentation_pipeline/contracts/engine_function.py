"""Functions of the engine's SQL that Ibis does not know, as functions over expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import ibis
import ibis.expr.datatypes as dt


def engine_function(name: str, takes: tuple[dt.DataType, ...], gives: dt.DataType) -> Callable[..., Any]:
    """The function ``name`` of the engine over expressions of the types it ``takes``, one or two."""
    return cast("Callable[..., Any]", ibis.udf.scalar.builtin(_ARITY[len(takes)], name=name, signature=(takes, gives)))


def _one(value: object) -> None: ...


def _two(value: object, other: object) -> None: ...


_ARITY: dict[int, Callable[..., None]] = {1: _one, 2: _two}
"""By them Ibis counts and names the arguments."""
