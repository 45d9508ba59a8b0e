"""Rows that bear one key and are not of one thing: numbering that begins anew, lines taken for orders, lost digits.

Of rows with one key the latest counts and the others are superseded.  That is right for corrections and repeated
deliveries, and loses sales where the key is none.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES, Source
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import MAX_EXAMPLES, RuleResult, could_not_check
from segmentation_pipeline.values.states import ACCEPTED, SUPERSEDED

COPIES = "copies_agree"


def copies_rule(config: Config, source: str) -> tuple[Check, ...]:
    """The rule of a source whose contract says in what copies agree, unless its latest copy is to count whatever it says."""
    contract = SOURCES[source]
    if not contract.same_in_copies or config.sources[source].copies == "latest":
        return ()
    key, same = " + ".join(contract.natural_key), ", ".join((*contract.same_in_copies, *contract.same_in_version))
    return (
        Check(
            name="copies_of_a_key_agree",
            table=tables.clean(source),
            expectation=COPIES,
            arguments={"source": source},
            severity="error",
            description=f"rows with one {key} must agree in {same}, unless a later {contract.version} corrects it",
            catches="Numbers that begin anew each year, lines taken for orders, keys that lost digits: sales would be lost.",
        ),
    )


def copies_agree(engine: Engine, rule: Check) -> RuleResult:
    """Whether the accepted rows of each key are of one thing."""
    source = SOURCES[str(rule.arguments["source"])]
    if not engine.has(tables.validated(source.name)):
        return could_not_check(rule, 0, "the source was not read; was the step before it run?")
    validated = engine.table(tables.validated(source.name))
    keys = list(source.natural_key)
    replaced = validated.filter(validated._state == SUPERSEDED)
    rows = validated.filter(validated._state.isin([*ACCEPTED, SUPERSEDED])).semi_join(replaced, keys)
    with engine.staged(_contradictions(rows, source)) as found:
        [counted] = engine.rows(found.agg(rows=found.copies.sum(), keys=found.count(), **_kinds(found, source)))
        total = int(counted["keys"])
        if not total:
            message = f"{rule.table}: {rule.description}: holds"
            return RuleResult(rule, True, 0, 0, 0.0, None, (), message)
        kinds = ", ".join(f"{counted[name]} with another {name}" for name in _kinds(found, source) if counted[name])
        rows_of = rows.semi_join(found.order_by(*keys).limit(MAX_EXAMPLES), keys).select("_file", "_row", *keys)
        examples = engine.rows(rows_of.order_by(*keys, "_file", "_row").limit(2 * MAX_EXAMPLES))
    first = [f"{row['_file']} row {row['_row']}" for row in examples if all(row[key] == examples[0][key] for key in keys)]
    message = (
        f"{rule.table}: {rule.description}: {total} keys do not ({kinds}), for example {' and '.join(first[:3])}. {_cure(source)}"
    )
    places = tuple({"_file": row["_file"], "_row": row["_row"]} for row in examples)
    return RuleResult(rule, False, int(counted["rows"]), total, 0.0, kinds, places, message)


def _cure(source: Source) -> str:
    key = source.natural_key[0]
    several = f"'{key}: {{from: [year, {key}]}}'"
    lines = " If the rows are the lines of orders, map them as order_items and say 'orders: {derive_from: order_items}'."
    return (
        f"If numbers begin anew each year or shop, make the key of several columns: {several}."
        f"{lines * (source.name == 'orders')} "
        f"If later rows correct earlier ones, map {source.version}. If the row of the latest file is right whatever it says, set "
        f"'copies: latest' for {source.name} in sources.yaml."
    )


def _contradictions(rows: ir.Table, source: Source) -> ir.Table:
    """The keys whose rows contradict each other: how many rows there are, and of each column whether it is the reason."""
    keys = list(source.natural_key)
    assert source.version
    per_version = rows.group_by([*keys, source.version]).agg(
        copies=rows.count(),
        **{f"most_{name}": rows[name].max() for name in source.same_in_copies},
        **{f"least_{name}": rows[name].min() for name in source.same_in_copies},
        **{name: rows[name].nunique() > 1 for name in source.same_in_version},
    )
    per_key = per_version.group_by(keys).agg(
        copies=per_version.copies.sum(),
        **{
            name: (per_version[f"most_{name}"].max() != per_version[f"least_{name}"].min()).fill_null(False)
            for name in source.same_in_copies
        },
        **{name: per_version[name].any() for name in source.same_in_version},
    )
    return per_key.filter(ibis.or_(*(per_key[name] for name in _columns(source))))


def _columns(source: Source) -> tuple[str, ...]:
    return (*source.same_in_copies, *source.same_in_version)


def _kinds(found: ir.Table, source: Source) -> dict[str, ir.IntegerScalar]:
    return {name: found[name].sum() for name in _columns(source)}
