"""Addresses and keys of erased people in the free text of other people's rows: blotted out, the row stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.erased_rows import CUSTOMER_KEYS
from segmentation_pipeline.privacy.addresses import normalised_email, normalised_phone
from segmentation_pipeline.privacy.tombstones import Kind, Tombstones

BLOT = "[erased]"

_WORDS = r"([^\s,;:<>()\[\]\x22'!?]*[0-9@][^\s,;:<>()\[\]\x22'!?]*)"
"""Words that may be a key or an e-mail address: with a digit or an @ in them."""
_NUMBERS = r"(\+?[0-9(][0-9 ()./-]{6,}[0-9])"
_LEAST_CHARACTERS = 5


@ibis.udf.scalar.builtin(name="regexp_extract_all", signature=((dt.string, dt.string), dt.Array(dt.string)))
def _all(text, pattern): ...


def free_text(source: str) -> list[str]:
    """The columns of a source in which people write what they like."""
    own = ("email", "phone", "identifier")
    return [
        column.name
        for column in SOURCES[source].columns
        if column.type is Type.TEXT and not column.is_key and not column.allowed and column.name not in (*CUSTOMER_KEYS, *own)
    ]


def mentions(engine: Engine, rows: ir.Table, columns: Sequence[str], stones: Tombstones) -> list[str]:
    """The spellings of keys and addresses of erased people in these columns, longest first; there are few."""
    found: set[str] = set()
    with ExitStack() as held:
        known = {kind: stones.staged(engine, kind, held) for kind in (Kind.CUSTOMER, Kind.EMAIL, Kind.PHONE)}
        for column in columns:
            found |= _mentioned(engine, rows, column, stones, known)
    return sorted(found, key=lambda word: (-len(word), word))


def _mentioned(engine: Engine, rows: ir.Table, column: str, stones: Tombstones, known: Mapping[Kind, ir.Table]) -> set[str]:
    if not isinstance(rows[column].type(), dt.String):
        return set()
    texts = rows.select(text=rows[column]).filter(ibis._.text.re_search("[0-9@]")).distinct()
    words = texts.select(word=_all(texts.text, _WORDS).unnest()).distinct()
    words = words.mutate(word=words.word.re_replace(r"\.+$", ""))
    numbers = texts.select(word=_all(texts.text, _NUMBERS).unnest()).distinct()
    long = words.filter(words.word.length() >= _LEAST_CHARACTERS)
    found: set[str] = set()
    for kind, table, text in (
        (Kind.CUSTOMER, long, long.word.lower()),
        (Kind.EMAIL, words, normalised_email(words.word)),
        (Kind.PHONE, numbers, normalised_phone(numbers.word)),
    ):
        hits = table.select("word", mark=stones.marked(kind, text)).semi_join(known[kind], "mark").select("word").distinct()
        found |= {str(row["word"]) for row in engine.rows(hits)}
    return found


def blotted(rows: ir.Table, columns: Sequence[str], words: Sequence[str]) -> ir.Table:
    """``rows`` with every one of ``words`` replaced in these columns."""
    if not words:
        return rows
    changed = {}
    for column in columns:
        if isinstance(rows[column].type(), dt.String):
            text = rows[column]
            for word in words:
                text = text.replace(word, BLOT)
            changed[column] = text
    return rows.mutate(**changed)
