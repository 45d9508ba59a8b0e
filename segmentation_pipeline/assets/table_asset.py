"""One way to make a table an asset: wiring, documentation, checks and memory in one place.

Belongs here: everything Dagster about a table.  What the table holds is computed in the logic
rooms, by the ``compute`` function an asset is given.
"""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import dagster as dg

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.markdown import plain
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.recorded import held, record, recorded
from segmentation_pipeline.quality.result import RuleResult
from segmentation_pipeline.quality.validate import ChangedRows
from segmentation_pipeline.run_context import RunContext, StepResult

CONTRACT = "contract"
WARNINGS = "warnings"
_RETRIES = 2
_RETRY_AFTER_SECONDS = 5

Lineage = Mapping[str, Sequence[tuple[str, str]]]
"""Column to the (table, column) pairs it is made from."""


@dataclass(frozen=True, slots=True)
class Step:
    """One table and how it is made.

    ``compute`` writes the table and tells what it made; ``rules`` run on it afterwards inside the
    engine, ``thresholds`` beside them, under the check names of ``threshold_rules``.  A failing rule
    of severity error stops everything that depends on the table.  ``always`` marks steps that look
    at the world outside (source files) and so run even when nothing seems changed.
    """

    table: str
    group: str
    description: str
    compute: Callable[[RunContext, date], StepResult]
    deps: Sequence[str] = ()
    columns: Sequence[Column] = ()
    lineage: Lineage | None = None
    rules: Sequence[Check] = ()
    thresholds: Callable[[RunContext, date], list[RuleResult]] = lambda run, as_of: []
    threshold_rules: Mapping[str, Sequence[Check]] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset({"duckdb"})
    owner: str = "team:data"
    also: Sequence[str] = ()
    always: bool = False


def asset_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(table.split("."))


def partitions(config: Config) -> dg.DailyPartitionsDefinition:
    """A partition is an ``as_of`` day; the newest is yesterday in the business time zone."""
    return dg.DailyPartitionsDefinition(
        start_date=config.pipeline.run.start_date.isoformat(), timezone=config.pipeline.business.timezone
    )


def table_asset(step: Step, config: Config, freshness: dg.FreshnessPolicy | None = None) -> dg.AssetsDefinition:
    """The asset, or with ``also`` the assets, of one step."""
    key = asset_key(step.table)
    checks = [
        dg.AssetCheckSpec(name, asset=key, blocking=rules[0].severity == "error", description=_checklist(rules))
        for name, rules in _checks(step).items()
    ]
    specs = [
        dg.AssetSpec(
            asset_key(table),
            deps=[asset_key(dep) for dep in step.deps],
            group_name=step.group,
            kinds=set(step.kinds),
            owners=[step.owner],
            description=plain(step.description),
            metadata=_static_metadata(table, step),
            freshness_policy=freshness,
        )
        for table in (step.table, *step.also)
    ]

    @dg.multi_asset(
        name=step.table.replace(".", "__"),
        specs=specs,
        check_specs=checks,
        partitions_def=partitions(config),
        required_resource_keys={"run_context"},
    )
    def make(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        run: RunContext = context.resources.run_context
        as_of = date.fromisoformat(context.partition_key)
        made, results = run_step(step, run, as_of)
        for result in results:
            if not result.passed:
                context.log.warning(result.message)
        for table in step.also:
            rows = run.engine.count(run.engine.table(table))
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata={"dagster/row_count": rows})
        yield dg.MaterializeResult(
            asset_key=key, metadata=_run_metadata(made), check_results=list(_check_results(key, step, results))
        )

    return make


def run_step(step: Step, run: RunContext, as_of: date) -> tuple[StepResult, list[RuleResult]]:
    """Make the table and check it, or, when nothing changed, tell again what was made."""
    rules = [rule for rules in _checks(step).values() for rule in rules]
    transient: tuple[type[Exception], ...] = (OSError, *run.engine.transient_errors)
    try:
        if not step.always and run.unchanged:
            return run.recall(step.table), recorded(run.engine, step.table, rules, as_of)
        made = step.compute(run, as_of)
        results = step.thresholds(run, as_of)
        if step.rules:
            results += run.validator.validate(step.table, step.rules, as_of, _changed_rows(step.table, run))
        if rules:
            record(run.engine, step.table, results, as_of)
        run.remember(step.table, made)
        return made, results
    except UserError as error:
        # A mistake in data or configuration does not heal by trying again.
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except transient as error:
        raise dg.RetryRequested(max_retries=_RETRIES, seconds_to_wait=_RETRY_AFTER_SECONDS) from error


def _changed_rows(table: str, run: RunContext) -> ChangedRows | None:
    keys, since = run.changes.touched(table), run.changes.since
    return None if keys is None or since is None else ChangedRows(keys, held(run.engine, table, since))


def _static_metadata(table: str, step: Step) -> dict[str, object]:
    metadata: dict[str, object] = {"dagster/table_name": table}
    if step.columns and table == step.table:
        metadata["dagster/column_schema"] = dg.TableSchema(
            columns=[
                dg.TableColumn(
                    column.name,
                    str(column.type.ibis),
                    description=_words(column),
                    constraints=dg.TableColumnConstraints(nullable=column.null_means is not None),
                    tags={"unit": column.unit.replace(" ", "_")}
                    if column.unit and column.unit.replace(" ", "_").isidentifier()
                    else {},
                )
                for column in step.columns
            ]
        )
    if step.lineage and table == step.table:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                column: [dg.TableColumnDep(asset_key(source), source_column) for source, source_column in origins]
                for column, origins in step.lineage.items()
            }
        )
    return metadata


def _words(column: Column) -> str:
    unit = f" Unit: {column.unit}." if column.unit else ""
    null = f" Null: {column.null_means}." if column.null_means else ""
    return plain(f"{column.description}{unit}{null}")


def _run_metadata(made: StepResult) -> dict[str, dg.MetadataValue | int | float | str]:
    metadata: dict[str, dg.MetadataValue | int | float | str] = {"dagster/row_count": made.rows, **made.numbers}
    metadata |= {name: dg.MetadataValue.md(plain(text)) for name, text in made.texts.items()}
    metadata |= {name: dg.MetadataValue.url(url) for name, url in made.links.items()}
    if made.picture:
        encoded = base64.b64encode(made.picture.encode()).decode()
        metadata["picture"] = dg.MetadataValue.md(f"![picture](data:image/svg+xml;base64,{encoded})")
    return metadata


def _checks(step: Step) -> dict[str, Sequence[Check]]:
    """The Dagster checks of a table: one for the contract, one for warnings, and the thresholds.

    One check per rule would say no more and cost more than the rules themselves: each is several
    commits in Dagster's event log.  Every rule by itself is in ``data_quality``.
    """
    checks = dict(step.threshold_rules)
    for name, severity in ((CONTRACT, "error"), (WARNINGS, "warning")):
        if rules := [rule for rule in step.rules if rule.severity == severity]:
            checks[name] = rules
    return checks


def _checklist(rules: Sequence[Check]) -> str:
    if len(rules) == 1:
        return plain(f"{rules[0].description}. {rules[0].catches}")
    return plain("\n".join(f"- {rule.description}" for rule in rules))


def _check_results(key: dg.AssetKey, step: Step, results: Sequence[RuleResult]) -> Iterator[dg.AssetCheckResult]:
    by_rule = {result.rule.name: result for result in results}
    for name, rules in _checks(step).items():
        found = [by_rule[rule.name] for rule in rules]
        failed = [result for result in found if not result.passed]
        passed = f"{len(found)} rules hold" if len(found) > 1 else found[0].message
        lines = "\n".join(
            f"| {r.rule.name} | {'holds' if r.passed else 'FAILS'} | {r.unexpected_count} | {r.observed or ''} |" for r in found
        )
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR if rules[0].severity == "error" else dg.AssetCheckSeverity.WARN,
            description=plain("\n".join(result.message for result in failed) or passed),
            metadata={
                "rules": len(found),
                "failing rules": len(failed),
                "checked rows": max(r.checked_rows for r in found),
                "by rule": dg.MetadataValue.md(
                    f"| rule | outcome | failing rows | measured |\n|---|---|---|---|\n{plain(lines)}"
                ),
            },
        )


def same_names(columns: Sequence[Column], origins: Mapping[str, Sequence[Column]]) -> Lineage:
    """Lineage by name: a column comes from every dependency that has a column of that name."""
    return {
        column.name: [(table, column.name) for table, others in origins.items() if column.name in {o.name for o in others}]
        for column in columns
    }
