"""What a profile says about an export: by which columns it is known, what they mean, what only the shop can say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from segmentation_pipeline.config.schema.base import Model, Name

Mapping = dict[str, object]
"""A part of a source as ``sources.yaml`` has it.  Of a column a list is ways to make it, of which the first counts whose
columns the file has; a last ``null`` lets the file do without what it would otherwise need."""


class Signature(Model):
    """An export is known by its header alone: it has ``all`` of these columns, one of ``any`` and none of ``none``."""

    all: Annotated[tuple[str, ...], Field(min_length=3)]
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


class Option(Model):
    """One answer: what it ``means``, and what it changes in the profile's ``sources``."""

    means: str
    sources: dict[str, Mapping] = Field(default_factory=dict)


class Choice(Model):
    """What the file cannot tell, as a ``question``.  With a ``usual`` answer that is assumed where nobody says otherwise, without
    one somebody must; without ``options`` the answer is a ``kind`` of text that stands where the profile has the choice's name in
    braces."""

    question: str
    usual: str | None = None
    kind: Literal["day", "text"] = "text"
    options: dict[str, Option] = Field(default_factory=dict)


class Profile(Model):
    """An export of a platform, which ``title`` names.

    ``signature`` says by which columns it is known, ``choices`` what it does not tell.  ``version`` is another one whenever the
    same file would mean something else: ``sources.yaml`` names it.  ``made_by`` says how a person makes the file,
    ``documentation`` where its columns are described.  ``sources`` are those the file holds.  ``currency`` is the column that
    names it; of ``one_value_of`` a file must have one value each, since the configuration says once what they say.  ``business``
    goes to ``pipeline.yaml``.  ``limits`` are what a person should know about the file.
    """

    title: str
    version: Annotated[int, Field(ge=1)] = 1
    made_by: str
    documentation: Annotated[tuple[str, ...], Field(min_length=1)]
    signature: Signature
    sources: Annotated[dict[str, Mapping], Field(min_length=1)]
    currency: str | None = None
    one_value_of: tuple[str, ...] = ()
    business: Mapping = Field(default_factory=dict)
    choices: dict[Name, Choice] = Field(default_factory=dict)
    limits: tuple[str, ...] = ()
