"""Run rules on tables inside the engine and say what failed, where and why.

Cheap to import: Great Expectations is loaded by the first ``Validator`` or ahead by ``warm_up``.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.checks import key_columns
from segmentation_pipeline.quality.passing import passing
from segmentation_pipeline.quality.personal import shareable, touches_pii
from segmentation_pipeline.quality.result import MAX_EXAMPLES, RuleResult, could_not_check, row_result, table_result
from segmentation_pipeline.quality.rule_templates import PROVENANCE

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult

_CONTEXT = "segmentation_pipeline.quality.gx_context"
_FREE_QUERY = "unexpected_rows_expectation"
_HIDDEN = "the details could hold personal data and are not shown; run the rule by hand on the pii schema"


def warm_up() -> threading.Thread:
    """Import Great Expectations in the background, so that its seconds overlap with other work.

    The part of SQLAlchemy that it needs is loaded before: half of it there, every query of this thread would fail.
    """
    importlib.import_module("sqlalchemy.orm")
    thread = threading.Thread(target=importlib.import_module, args=(_CONTEXT,), name="warm-up-checks")
    thread.start()
    return thread


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """What changed in a table since all of it was checked: the keys of those rows, and the rules that held then."""

    keys: ir.Table
    held: frozenset[str]


class Validator:
    """Checks tables for one run; a context manager.  Make it once per run: the set-up is shared and
    ``build_docs`` shows all tables validated so far.  Great Expectations is loaded by the first
    table, so a run that makes the validator early loses no time and one without checks none at all.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._opened: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the engine's connections back; the engine itself stays open."""
        if self._opened is not None:
            self._opened.close()

    def build_docs(self, folder: Path) -> Path:
        """Write the static site of all suites and results so far; the path of its first page."""
        docs: Any = importlib.import_module("segmentation_pipeline.quality.docs")
        return Path(docs.build_docs(self._session().context, folder))

    def validate(self, table: str, rules: Sequence[Check], as_of: date, changed: ChangedRows | None = None) -> list[RuleResult]:
        """One result per rule, in the order of the rules.

        With ``changed``, rules that judge each row alone and held for all rows before are put to the
        changed rows only; what they say of the table is the same.

        One query finds the rules that hold for all rows.  The others are judged in one validation
        that only counts; those that fail, or measure something, are asked again for figures and a
        few example rows.  A rule that cannot be judged (table or column missing, wrong argument,
        error inside) fails with the reason.
        """
        return _TableRun(self._engine, self._session(), table, as_of, changed).results(rules)

    def _session(self) -> Any:
        if self._opened is None:
            self._opened = importlib.import_module(_CONTEXT).GxContext(self._engine)
        return self._opened


def validate(engine: Engine, table: str, rules: Sequence[Check], as_of: date, docs: Path | None = None) -> list[RuleResult]:
    """The rules of one table in a session of their own; several tables share a ``Validator``."""
    with Validator(engine) as validator:
        results = validator.validate(table, rules, as_of)
        if docs is not None:
            validator.build_docs(docs)
    return results


class _TableRun:
    """One table on one day."""

    def __init__(self, engine: Engine, session: Any, table: str, as_of: date, changed: ChangedRows | None) -> None:
        self._gx: Any = importlib.import_module(_CONTEXT)
        self._engine, self._session, self._table, self._as_of, self._changed = engine, session, table, as_of, changed
        self._identity = tuple(dict.fromkeys((*PROVENANCE, *key_columns(table))))
        self._columns: Sequence[str] = engine.table(table).columns if engine.has(table) else ()
        self._rows = engine.count(engine.table(table)) if self._columns else 0

    def results(self, rules: Sequence[Check]) -> list[RuleResult]:
        reasons: dict[str, str] = {}
        built: dict[str, Any] = {}
        for rule in rules:
            with _told(rule, reasons):
                built[rule.name] = self._gx.build_expectation(rule, self._as_of)
                self._require(rule)
        sound = {name: expectation for name, expectation in built.items() if name not in reasons}
        by_change = {rule.name for rule in rules if self._changed and rule.judges_each_row_alone} & self._held
        found = self._validate(self._table, rules, {name: e for name, e in sound.items() if name not in by_change})
        if by_change:
            with self._changed_rows() as changed:
                found |= self._validate(changed, rules, {name: e for name, e in sound.items() if name in by_change})
        outcomes = [self._result(rule, found.get(rule.name), reasons.get(rule.name)) for rule in rules]
        self._keep(rules, built, found, outcomes)
        return outcomes

    @property
    def _held(self) -> frozenset[str]:
        return self._changed.held if self._changed else frozenset()

    @contextmanager
    def _changed_rows(self) -> Iterator[str]:
        """The name of a table of the changed rows: written once, read by several queries, gone afterwards.

        It lies in the table's own schema, as its rows may be personal data.
        """
        assert self._changed is not None
        keys, name = self._changed.keys, self._table.split(".")[0] + ".changed_rows"
        table = self._engine.table(self._table)
        # Personal parts of a key are not in the table, others may be null: rows that share the rest are judged too.
        key = [column for column in key_columns(self._table) if column in keys.columns and column in table.columns]
        self._engine.write(name, table.semi_join(keys, [table[column].identical_to(keys[column]) for column in key]))
        try:
            yield name
        finally:
            self._engine.drop(name)

    def _require(self, rule: Check) -> None:
        if not self._columns:
            raise LookupError("the table does not exist; was the step before it run?")
        if rule.expectation == "expect_column_to_exist":
            return
        if missing := [column for column in rule.columns if column not in self._columns]:
            raise LookupError(f"there is no column {', '.join(missing)}; the table has {', '.join(self._columns)}")

    def _validate(self, table: str, rules: Sequence[Check], built: Mapping[str, Any]) -> dict[str, ExpectationValidationResult]:
        if not built:
            return {}
        passed = passing(self._engine, table, [rule for rule in rules if rule.name in built], self._as_of)
        found = {name: self._gx.passed_result(built[name]) for name in built if name in passed}
        if unknown := {name: expectation for name, expectation in built.items() if name not in passed}:
            found |= self._check(table, unknown, "BOOLEAN_ONLY")
        validated = [rule for rule in rules if rule.name in found and self._gx.error_of(found[rule.name]) is None]
        again = {rule.name: rule for rule in validated if _wants_detail(rule, found[rule.name])}
        queries = {name: built[name] for name, rule in again.items() if rule.expectation == _FREE_QUERY}
        others = {name: built[name] for name in again if name not in queries}
        if others:
            detail = {
                "result_format": "SUMMARY",
                "partial_unexpected_count": MAX_EXAMPLES,
                "unexpected_index_column_names": [column for column in self._identity if column in self._columns],
            }
            found |= self._check(table, others, detail)
        if queries:
            # The only format in which a query hands out rows; Great Expectations fetches at most 200 of them.
            found |= self._check(table, queries, "COMPLETE")
        return found

    def _check(
        self, table: str, built: Mapping[str, Any], form: str | Mapping[str, object]
    ) -> dict[str, ExpectationValidationResult]:
        """One validation; where it breaks, each rule again by itself, as one bad rule breaks the query all share."""
        found: dict[str, ExpectationValidationResult] = dict(self._session.check(table, built, form))
        broken = [name for name, result in found.items() if self._gx.error_of(result) is not None]
        if len(built) > 1:
            for name in broken:
                found |= self._session.check(table, {name: built[name]}, form)
        return found

    def _result(self, rule: Check, found: ExpectationValidationResult | None, reason: str | None) -> RuleResult:
        if found is None:
            return could_not_check(rule, self._rows, reason or "Great Expectations gave no result")
        if (error := self._gx.error_of(found)) is not None:
            return could_not_check(rule, self._rows, _HIDDEN if touches_pii(rule) else error)
        passed, result = bool(found.success), found.result or {}
        if rule.expectation == _FREE_QUERY:
            listed = result.get("details", {}).get("unexpected_rows", [])
            return row_result(rule, passed, self._rows, int(result.get("observed_value") or 0), self._examples(rule, listed))
        if rule.judges_rows:
            listed = result.get("partial_unexpected_index_list") or []
            return row_result(
                rule,
                passed,
                self._rows,
                int(result.get("unexpected_count") or 0),
                self._examples(rule, listed),
            )
        observed = None if touches_pii(rule) else result.get("observed_value")
        return table_result(rule, passed, self._rows, _as_text(observed))

    def _examples(self, rule: Check, listed: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
        rows = [dict(row) for row in listed[:MAX_EXAMPLES]]
        rows.sort(key=lambda row: (str(row.get("_file")), str(row.get("_row")).rjust(20), str(row)))
        return shareable(rows, self._identity, rule)

    def _keep(
        self, rules: Sequence[Check], built: Mapping[str, Any], found: Mapping[str, Any], outcomes: Sequence[RuleResult]
    ) -> None:
        """Hand suite and results to the docs, with figures instead of values.

        A rule whose arguments Great Expectations refuses cannot be drawn by it; the others carry on.
        """
        told = []
        for rule, outcome in zip(rules, outcomes, strict=True):
            if rule.name not in built:
                continue
            result = found.get(rule.name)
            if result is None or self._gx.error_of(result) is not None:
                told.append(self._gx.failed_result(built[rule.name], outcome.message))
                continue
            if rule.expectation == _FREE_QUERY:
                result.result = {"observed_value": outcome.unexpected_count}
            elif rule.judges_rows:
                result.result = {
                    "element_count": outcome.checked_rows,
                    "unexpected_count": outcome.unexpected_count,
                    "unexpected_percent": 100.0 * outcome.unexpected_share,
                    "partial_unexpected_list": [],
                }
            else:
                result.result = {"observed_value": outcome.observed}
            told.append(result)
        self._session.keep(self._table, self._as_of, list(built.values()), told, all(outcome.passed for outcome in outcomes))


def _as_text(observed: object) -> str | None:
    """A measure as text; sums of fractions differ in the last digits between runs, so those are cut."""
    if observed is None:
        return None
    return str(round(observed, 6) if isinstance(observed, float) else observed)


def _wants_detail(rule: Check, found: ExpectationValidationResult) -> bool:
    """Whether counting was not enough: the rule failed, tolerates some rows, or measures the table."""
    if rule.expectation == _FREE_QUERY:
        return not found.success
    return not found.success or "mostly" in rule.arguments or not rule.judges_rows


@contextmanager
def _told(rule: Check, reasons: dict[str, str]) -> Iterator[None]:
    """Note why a rule cannot be put to the table instead of stopping the others."""
    try:
        yield
    except (LookupError, ValueError, TypeError) as error:
        text = error.args[0] if isinstance(error, LookupError) and error.args else error
        reasons[rule.name] = " ".join(str(text).split())[:400]
