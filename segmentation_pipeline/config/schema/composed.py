"""A model with keys that rooms above bring: a kind of destination or landing declares its keys in its own file.

The models of this folder know no kind.  Whoever loads a project takes them with the keys of all kinds there are.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TypeVar, cast

from pydantic import create_model

from segmentation_pipeline.config.schema.base import Model

Composed = TypeVar("Composed", bound=Model)


def with_kinds(model: type[Composed], kinds: Mapping[str, type[Model]]) -> type[Composed]:
    """``model`` with one more key for each kind, which may be left out."""
    fields = {key: (kind | None, None) for key, kind in kinds.items()}
    return _made(model, (model,), fields, model.__doc__)


def with_field(model: type[Composed], key: str, annotation: object, default: object) -> type[Composed]:
    """``model`` in which ``key`` takes what ``annotation`` says."""
    return _made(model, (model,), {key: (annotation, default)}, model.__doc__)


def with_first_keys(model: type[Composed], first: type[Model], words: str) -> type[Composed]:
    """``model`` with the keys of ``first``, which widens a base of it, where those of that base stand; ``words`` tell of them."""
    return _made(model, (model, first), {}, f"{inspect.cleandoc(model.__doc__ or '')}\n{words}")


def _made(
    model: type[Composed], bases: tuple[type[Model], ...], fields: Mapping[str, tuple[object, object]], words: str | None
) -> type[Composed]:
    # The overloads of create_model do not foresee fields that are only known now.
    make = cast("object", create_model)
    return cast("type[Composed]", make(model.__name__, __base__=bases, __doc__=words, __module__=model.__module__, **fields))  # type: ignore[operator]
