"""Keys that are one only once the accidents of their spelling are gone, and keys that look like one and are not.

Both are told and nothing is done: whether ``00123`` is ``123`` is known to people alone.  Told are counts and places,
never keys: they may be addresses.
"""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.text import as_text, is_odd_key, looks
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, could_not_check, table_result

KEY_SPELLING = "key_spelling"
_CUSTOMER = "customer_id"
_OF_WHOM = ("customers", "orders", "consents", "suppressions")
"""The sources whose customers are compared by how their keys look: those that say who there is and who said no."""


def key_spelling_rule(source: str) -> Check:
    return Check(
        name="keys_are_written_one_way",
        table=tables.clean(source),
        expectation=KEY_SPELLING,
        arguments={"source": source},
        severity="warning",
        description="a key should be written one way, and different keys should not look alike",
        catches="Exports that treat keys as text here and as numbers there, or that copy signs nobody sees.",
    )


def is_compared_with_customers(source: str) -> bool:
    """Whether the check of ``source`` reads the rows of source customers, which therefore come before it."""
    return source in _OF_WHOM and source != "customers"


def key_spelling(engine: Engine, rule: Check, with_customers: bool) -> RuleResult:
    """Whether the keys of the rule's source are written one way each; those of customers also beside the keys of source
    customers, ``with_customers``."""
    source = SOURCES[str(rule.arguments["source"])]
    if not (engine.has(tables.raw(source.name)) and engine.has(tables.validated(source.name))):
        return could_not_check(rule, 0, "the source was not read; was the step before it run?")
    raw, validated = engine.table(tables.raw(source.name)), engine.table(tables.validated(source.name))
    told = [text for column in _oddly_written(engine, raw, source.columns) if (text := _several(engine, raw, validated, column))]
    if source.name in _OF_WHOM and (
        text := _alike(engine, validated, with_customers and is_compared_with_customers(source.name))
    ):
        told.append(text)
    return table_result(rule, not told, engine.count(raw), "; ".join(told) or None)


def _oddly_written(engine: Engine, raw: ir.Table, columns: tuple[Column, ...]) -> list[Column]:
    """The key columns with a value that may not be in its form: hardly ever one."""
    keys = [column for column in columns if column.is_key and not isinstance(raw[column.name].type(), dt.Integer)]
    if not keys:
        return []
    [found] = engine.rows(raw.agg(**{column.name: is_odd_key(as_text(raw[column.name])).any() for column in keys}))
    return [column for column in keys if found[column.name]]


def _several(engine: Engine, raw: ir.Table, validated: ir.Table, column: Column) -> str | None:
    """How many keys of the column are also written another way, and where."""
    written = as_text(raw[column.name])
    odd = raw.filter(is_odd_key(written)).select("_file", "_row", written=written)
    odd = odd.inner_join(validated.select("_file", "_row", key=validated[column.name]), ["_file", "_row"])
    with engine.staged(odd.filter(odd.key.notnull()).select("_file", "_row", "written", "key")) as odd:
        plain = validated.anti_join(odd, ["_file", "_row"]).select(key=validated[column.name])
        ways = odd.select("key", "written").union(plain.semi_join(odd, "key").select("key", written=ibis.literal("")))
        several = ways.group_by("key").agg(ways=ways.written.nunique()).filter(ibis._.ways > 1)
        count = engine.count(several)
        if not count:
            return None
        return f"{count} keys of {column.name} are written in several ways{_place(engine, odd, several)}"


def _alike(engine: Engine, validated: ir.Table, with_customers: bool) -> str | None:
    """How many customers are not joined though their keys look alike, and where one is."""
    keys = [validated.select(key=validated[_CUSTOMER])]
    if with_customers:
        keys.append(engine.table(tables.validated("customers")).select(key="customer_id"))
    known = ibis.union(*keys, distinct=True) if len(keys) > 1 else keys[0].distinct()
    looked = known.filter(known.key.notnull()).mutate(looks=looks(known.key))
    shared = looked.group_by("looks").agg(keys=looked.count(), one=looked.key.max()).filter(ibis._["keys"] > 1)
    with engine.staged(shared.select(key="one")) as found:
        count = engine.count(found)
        if not count:
            return None
        where = validated.select("_file", "_row", key=validated[_CUSTOMER])
        place = _place(engine, where, found)
        return f"{count} customers have keys that look alike (capitals, leading zeros, letters of another script){place}"


def _place(engine: Engine, rows: ir.Table, keys: ir.Table) -> str:
    first = rows.semi_join(keys, "key").order_by("_file", "_row").limit(1)
    return next((f", for example {row['_file']} row {row['_row']}" for row in engine.rows(first.select("_file", "_row"))), "")
