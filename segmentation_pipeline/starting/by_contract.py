"""A file whose columns have the names that a source has for them, and columns nobody reads that may say a no."""

from __future__ import annotations

import re
from collections.abc import Iterable

from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.sources.base import Source
from segmentation_pipeline.starting.by_name import folded, known_by_name, words_of_consent
from segmentation_pipeline.starting.exports import Export
from segmentation_pipeline.starting.mapping import Draft

_SHORT = 4


def source_named(header: Iterable[str]) -> str | None:
    """The source beside orders, lines, customers and products that a file with these columns bears the names of: all it
    needs, and most of the file; None where there is none, or several."""
    named = {name for name in header if name}
    others = [name for name in SOURCES if name not in known_by_name() and _bears(named, SOURCES[name])]
    counts = {name: len(named.intersection(SOURCES[name].names)) for name in others}
    best = [name for name, count in counts.items() if count == max(counts.values()) and 2 * count > len(named)]
    return best[0] if len(best) == 1 else None


def draft_by_contract(export: Export) -> Draft | None:
    """The source that a file bears the names of."""
    if (source := source_named(export.header)) is None:
        return None
    names = SOURCES[source].names
    draft = Draft(source, {"columns": {name: name for name in names if name in export.header}})
    if unread := [name for name in export.header if name and name not in names]:
        draft.said.append(f"Not read: {', '.join(unread)}.")
    return draft


def _bears(named: set[str], source: Source) -> bool:
    """Whether all that the source needs is there, something among it that no orders, lines, customers or products have."""
    required = {column.name for column in source.columns if column.required}
    others = {name for one in known_by_name() for name in SOURCES[one].names}
    return required <= named and not required <= others and (not source.any_of or not named.isdisjoint(source.any_of))


def may_say_no(unread: Iterable[str]) -> list[str]:
    """Of columns that nobody reads those whose name says that they may hold a consent, or a no."""
    return [name for name in unread if any(_sounds_like(word, name) for word in words_of_consent())]


def _sounds_like(word: str, name: str) -> bool:
    """Whether a name has the word in it; a short one must stand by itself, since ``rodo`` is in ``prodotto`` too."""
    if len(word) > _SHORT:
        return word in folded(name)
    return word in {folded(part) for part in re.split(r"\W|_", name)}
