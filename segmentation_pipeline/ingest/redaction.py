"""Addresses and keys of erased people in the free text of other people's rows: blotted out, the row stays."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.engine_function import engine_function
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.word_patterns import patterns_of
from segmentation_pipeline.ingest.erased_rows import CUSTOMER_KEYS
from segmentation_pipeline.privacy.spellings import known_email, known_phone
from segmentation_pipeline.privacy.tombstones import Kind, Tombstones

BLOT = "[erased]"

_WORDS = r"([^\s,;:<>()\[\]\x22'!?]*[0-9@][^\s,;:<>()\[\]\x22'!?]*)"
"""Words that may be a key or an e-mail address: with a digit or an @ in them."""
_NUMBERS = r"(\+?[0-9(][0-9 ()./-]{6,}[0-9])"
_LEAST_CHARACTERS = 5


_all = engine_function("regexp_extract_all", (dt.string, dt.string), dt.Array(dt.string))


def free_text(source: str) -> list[str]:
    """The columns of a source in which people write what they like: there alone a key or an address is a mention."""
    return [column.name for column in SOURCES[source].columns if column.free]


def coded() -> frozenset[str]:
    """Names of columns that hold codes, places and the like: what reads like somebody's key there is something else."""
    columns = [column for source in SOURCES.values() for column in source.columns if column.type is Type.TEXT]
    own = {*CUSTOMER_KEYS, "email", "phone", "identifier"}
    return frozenset(column.name for column in columns) - {column.name for column in columns if column.free} - own


def mentions(engine: Engine, rows: ir.Table, columns: Sequence[str], stones: Tombstones) -> list[str]:
    """The spellings of keys and addresses of erased people in these columns, longest first; there are few."""
    parts = [rows.select(text=rows[column]) for column in columns if isinstance(rows[column].type(), dt.String)]
    if not parts:
        return []
    with ExitStack() as held:
        together = ibis.union(*parts) if len(parts) > 1 else parts[0]
        texts = held.enter_context(engine.staged(together.filter(together.text.re_search("[0-9@]")).distinct()))
        if not engine.count(texts):
            return []
        words = texts.select(word=_all(texts.text, _WORDS).unnest()).distinct()
        words = words.mutate(word=words.word.re_replace(r"\.+$", ""))
        long = words.filter(words.word.length() >= _LEAST_CHARACTERS)
        numbers = texts.select(word=_all(texts.text, _NUMBERS).unnest()).distinct()
        spelled = ibis.union(
            long.select("word", mark=stones.marked(Kind.CUSTOMER, long.word.lower())),
            words.select("word", mark=stones.marked(Kind.EMAIL, known_email(words.word))),
            numbers.select("word", mark=stones.marked(Kind.PHONE, known_phone(numbers.word))),
        )
        hits = spelled.semi_join(stones.staged(engine, held), "mark").select("word").distinct()
        found = {str(row["word"]) for row in engine.rows(hits)}
    return sorted(found, key=lambda word: (-len(word), word))


def blotted(rows: ir.Table, columns: Sequence[str], words: Sequence[str]) -> ir.Table:
    """``rows`` with every one of ``words`` replaced in these columns."""
    if not words:
        return rows
    instead = rf"\1{BLOT}\3"
    changed = {}
    for column in columns:
        if isinstance(rows[column].type(), dt.String):
            text = rows[column]
            for pattern in patterns_of(words):
                text = text.re_replace(pattern, instead).re_replace(pattern, instead)
            changed[column] = text
    return rows.mutate(**changed)
