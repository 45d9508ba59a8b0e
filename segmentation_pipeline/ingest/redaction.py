"""Addresses and keys of erased people in the free text of other people's rows: blotted out, the row stays."""

from __future__ import annotations

from collections.abc import Sequence
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
            words.select("word", mark=stones.marked(Kind.EMAIL, normalised_email(words.word))),
            numbers.select("word", mark=stones.marked(Kind.PHONE, normalised_phone(numbers.word))),
        )
        hits = spelled.semi_join(stones.staged(engine, held), "mark").select("word").distinct()
        found = {str(row["word"]) for row in engine.rows(hits)}
    return sorted(found, key=lambda word: (-len(word), word))


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
