"""Answers for refused rows of ledgers (``privacy.not_opt_outs``) that meet no row: a mistake in one must not pass unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import nearest
from segmentation_pipeline.config.schema import NotAnOptOut
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.answered import fingerprints
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import MAX_EXAMPLES, RuleResult, could_not_check, table_result

ANSWERS = "answers"


def answers_rule(source: str) -> Check:
    return Check(
        name="answers_meet_a_refused_row",
        table=tables.clean(source),
        expectation=ANSWERS,
        arguments={"source": source},
        severity="warning",
        description="each entry of privacy.not_opt_outs should be about a refused row",
        catches="An answer with a mistake in its file, row or fingerprint, and one whose row was changed or corrected.",
    )


def answers(engine: Engine, rule: Check, given: Sequence[NotAnOptOut]) -> RuleResult:
    """Whether every answer ``given`` for the rule's source meets a row that may be answered for; else the nearest is told."""
    name = tables.quarantine(str(rule.arguments["source"]))
    if not engine.has(name):
        return could_not_check(rule, 0, "the source was not cleaned; was the step before it run?")
    refused = engine.table(name)
    marks = fingerprints(engine, str(rule.arguments["source"]), [(answer.file, answer.row) for answer in given])
    unmet = [answer for answer in given if marks.get((answer.file, answer.row)) != answer.fingerprint]
    told = [f"{a.file}, row {a.row} ({_nearest(engine, refused, a, marks)})" for a in unmet[:MAX_EXAMPLES]]
    more = f" and {len(unmet) - MAX_EXAMPLES} more" if len(unmet) > MAX_EXAMPLES else ""
    return table_result(rule, not unmet, len(given), f"none for {'; '.join(told)}{more}" if told else None)


def _nearest(engine: Engine, refused: ir.Table, answer: NotAnOptOut, marks: Mapping[tuple[str, int], str]) -> str:
    """What the answer may have meant: the same place, the same content, else the nearest refused row of the file."""
    if here := marks.get((answer.file, answer.row)):
        return f"that row has fingerprint {here} now"
    if same := _first(engine, refused.filter(refused.fingerprint == answer.fingerprint)):
        return f"that fingerprint is of {same['_file']}, row {same['_row']}"
    files = [str(row["_file"]) for row in engine.rows(refused.select("_file").distinct())]
    file = answer.file if answer.file in files else nearest(answer.file, files)
    if file is None:
        return "nothing of that file is refused"
    of_file = refused.filter(refused._file == file)
    distance = (of_file._row.cast("int64") - answer.row).abs()
    near = _first(engine, of_file.mutate(_distance=distance).order_by("_distance", "_row"))
    assert near is not None
    return f"the nearest refused row is {file}, row {near['_row']}, fingerprint {near['fingerprint']}"


def _first(engine: Engine, rows: ir.Table) -> dict[str, object] | None:
    ordered = rows if "_distance" in rows.columns else rows.order_by("_file", "_row")
    found = engine.rows(ordered.select("_file", "_row", "fingerprint").limit(1))
    return dict(found[0]) if found else None
