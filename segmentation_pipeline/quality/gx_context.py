"""One Great Expectations context for a run: checks tables inside the engine, keeps results for the docs.

Imports Great Expectations (seconds); ``validate.py`` imports it when the first check runs.
"""

from __future__ import annotations

import html
import importlib
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.gx_imports import without_extras

with without_extras():
    import great_expectations as gx
    from great_expectations import expectations as gxe
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.data_context.types.resource_identifiers import ExpectationSuiteIdentifier, ValidationResultIdentifier
    from great_expectations.expectations.registry import get_expectation_impl

RULE = "rule"
"""Where an expectation's ``meta`` holds the name of its rule."""


_DRIVER = re.compile(r"^.*\(_?duckdb\.\w+\) ")
"""What stands before the engine's own words in an error."""


class CountedRowsExpectation(gxe.UnexpectedRowsExpectation):
    """A query of failing rows of which only the number is asked.

    Great Expectations' own runs its query twice, once for the rows and once for their number; on a
    long table that holds, the first is for nothing.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return super()._validate({"unexpected_rows_query.table": [], **metrics}, *args, **kwargs)


class GxContext:
    """An ephemeral context over the pipeline's open engine."""

    def __init__(self, engine: Engine) -> None:
        # What goes wrong is reported in the results; its own log lines would say it three times over.
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
        self.context = gx.get_context(mode="ephemeral")
        self.context.variables.progress_bars = ProgressBarsConfig(globally=False)
        # How Great Expectations gets at a table is all that differs between engines.
        datasource: Any = importlib.import_module(f"segmentation_pipeline.quality.{engine.name}_datasource")
        self._source = datasource.Warehouse(self.context, engine)

    def check(
        self, table: str, expectations: Mapping[str, gxe.Expectation], result_format: str | Mapping[str, object]
    ) -> dict[str, ExpectationValidationResult]:
        """The result of each expectation by rule name, from one validation of the table."""
        asked = [_counted(e) if result_format == "BOOLEAN_ONLY" else e for e in expectations.values()]
        with self._source.batch(table) as batch:
            found = batch.validate(gx.ExpectationSuite(name=table, expectations=asked), result_format=result_format)
        results = {result.expectation_config.meta[RULE]: result for result in found.results}
        for name, result in results.items():
            result.expectation_config = expectations[name].configuration
        return results

    def keep(
        self,
        table: str,
        as_of: date,
        expectations: Sequence[gxe.Expectation],
        results: Sequence[ExpectationValidationResult],
        success: bool,
    ) -> None:
        """Store the suite and its results for the docs; an earlier result of the table is replaced."""
        self.context.suites.add_or_update(gx.ExpectationSuite(name=table, expectations=list(expectations)))
        for result in results:
            result.success = bool(result.success)  # some are numpy's, which the docs cannot write
        passed = sum(bool(result.success) for result in results)
        whole = ExpectationSuiteValidationResult(
            success=success,
            results=list(results),
            suite_name=table,
            statistics={
                "evaluated_expectations": len(results),
                "successful_expectations": passed,
                "unsuccessful_expectations": len(results) - passed,
                "success_percent": 100.0 * passed / len(results) if results else None,
            },
            meta={"run_id": _run(as_of), "great_expectations_version": gx.__version__, "batch_spec": {"table": table}},
        )
        key = ValidationResultIdentifier(ExpectationSuiteIdentifier(table), _run(as_of), table)
        store = self.context.validation_results_store
        if store.has_key(key):
            store.remove_key(key)  # type: ignore[no-untyped-call]
        store.set(key, whole)

    def close(self) -> None:
        self._source.release()


def build_expectation(rule: Check, as_of: date) -> gxe.Expectation:
    """The Great Expectations object of a rule; raises what it raises for arguments it does not take."""
    arguments: dict[str, Any] = {"description": rule.description} | rule.arguments_for(as_of)
    # The site shows these as HTML, as they are.
    arguments |= {name: _as_html(arguments[name]) for name in ("description", "notes") if name in arguments}
    level: Any = "critical" if rule.severity == "error" else "warning"
    return get_expectation_impl(rule.expectation)(**arguments, severity=level, meta={RULE: rule.name})


def _as_html(value: object) -> object:
    return [_as_html(one) for one in value] if isinstance(value, list | tuple) else html.escape(str(value))


def _counted(expectation: gxe.Expectation) -> gxe.Expectation:
    if type(expectation) is not gxe.UnexpectedRowsExpectation:
        return expectation
    return CountedRowsExpectation(
        unexpected_rows_query=expectation.unexpected_rows_query, severity=expectation.severity, meta=expectation.meta
    )


def error_of(result: ExpectationValidationResult) -> str | None:
    """The first error inside Great Expectations while it judged, in one line; None when there was none."""
    info: dict[str, Any] = result.exception_info or {}
    details = [info] if "raised_exception" in info else [value for value in info.values() if isinstance(value, dict)]
    for detail in details:
        if detail.get("raised_exception"):
            message = detail.get("exception_message")
            text = message[0] if isinstance(message, list | tuple) and message else str(message)
            return _DRIVER.sub("", str(text).split("\n")[0])[:400]
    return None


def passed_result(expectation: gxe.Expectation) -> ExpectationValidationResult:
    """What Great Expectations says of a rule that holds when it is asked for no figures."""
    info = {"raised_exception": False, "exception_message": None, "exception_traceback": None}
    return ExpectationValidationResult(success=True, expectation_config=expectation.configuration, result={}, exception_info=info)


def failed_result(expectation: gxe.Expectation, reason: str) -> ExpectationValidationResult:
    """A failure for the docs where Great Expectations was not asked or gave no answer."""
    info = {"raised_exception": True, "exception_message": reason, "exception_traceback": ""}
    return ExpectationValidationResult(
        success=False, expectation_config=expectation.configuration, result={}, exception_info=info
    )


def _run(as_of: date) -> RunIdentifier:
    """The run is named and timed by its day, never by the clock."""
    return RunIdentifier(run_name=as_of.isoformat(), run_time=datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC))
