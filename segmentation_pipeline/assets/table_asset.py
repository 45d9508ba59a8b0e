"""One way to make a table an asset: wiring, documentation, checks and memory in one place.

Belongs here: everything Dagster about a table.  What is true of the table is in its contract; what it holds is computed in
the logic rooms, by the ``compute`` function an asset is given.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import dagster as dg

from segmentation_pipeline.assets.column_lineage import column_lineage
from segmentation_pipeline.assets.metadata import run_metadata, static_metadata, table_metadata
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.markdown import lines, plain
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.recorded import held, record, recorded
from segmentation_pipeline.quality.result import RuleResult
from segmentation_pipeline.quality.validate import ChangedRows
from segmentation_pipeline.run_context import RunContext, StepResult

CONTRACT = "contract"
WARNINGS = "warnings"
_RETRIES = 2
_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """How the tables are made whose contracts name this step as their writer; ``table`` is the first of them.

    ``compute`` writes them and tells what it made: of ``table``, or of several by name.  ``reads`` are the tables it
    reads, working tables of other steps included; ``after`` are those it comes after and does not read; ``adds_to`` those of
    many steps to which it adds rows of its own: the step that shows such a table comes after all of them.
    ``details`` is what there is to say beside the contract's words.  ``thresholds`` are measured afterwards, under the check
    names of ``threshold_rules``.  A failing rule of severity error stops everything that depends on the table.  ``always``
    marks steps that look at the world outside (source files) and so run even when nothing seems changed.

    Filled in when the graph is put together: ``contracts`` of all it writes, ``deps``, the assets it comes after,
    ``rules``, which run on ``table`` afterwards inside the engine, and ``drawn``, every asset of the graph.
    """

    table: str
    compute: Callable[[RunContext], StepResult | Mapping[str, StepResult]]
    reads: Sequence[str] = ()
    after: Sequence[str] = ()
    adds_to: Sequence[str] = ()
    details: str = ""
    thresholds: Callable[[RunContext], list[RuleResult]] = lambda run: []
    threshold_rules: Mapping[str, Sequence[Check]] = field(default_factory=dict)
    always: bool = False
    contracts: Sequence[TableContract] = ()
    deps: Sequence[str] = ()
    rules: Sequence[Check] = ()
    drawn: frozenset[str] = frozenset()

    @property
    def assets(self) -> tuple[str, ...]:
        """The tables that Dagster draws."""
        return tuple(contract.table for contract in self.contracts if contract.asset)

    @property
    def writes(self) -> tuple[str, ...]:
        """Every table it writes rows of."""
        own = (contract.table for contract in self.contracts if not contract.of_steps)
        return (*own, *self.adds_to, *((tables.DATA_QUALITY,) if _checks(self) else ()))


def wired(steps: Sequence[Step], contracts: Mapping[str, TableContract], rules: Mapping[str, Sequence[Check]]) -> list[Step]:
    """The steps with the contracts of what they write, the rules on it and, for what they read, the assets it comes with.

    Raises ``ValueError`` for a table that no step writes, for one that is read and that no step shows, and for one that is to
    be checked and is not the first of its step.
    """
    known = {**contracts, **{contract.table: contract for step in steps for contract in step.contracts}}
    of_step = {step.table: [known[step.table]] for step in steps}
    for contract in known.values():
        if contract.writer in of_step and contract.table != contract.writer:
            of_step[contract.writer].append(contract)
        elif contract.writer not in of_step and not contract.of_steps:
            raise ValueError(f"no step writes {contract.table}: its writer {contract.writer} is none")
        if contract.checked and contract.table != contract.writer:
            raise ValueError(f"{contract.table} is to be checked: make it the first table of a step")
    drawn = {
        contract.table: contract.table if contract.asset else contract.writer
        for contract in known.values()
        if contract.writer in of_step
    }
    steps = [replace(step, rules=tuple(rules.get(step.table, ()))) for step in steps]
    made = []
    assets = frozenset(table for table, shown in drawn.items() if table == shown)
    for step in steps:
        of_others = [other.table for other in steps if known[step.table].of_steps and step.table in other.writes]
        named = [*step.reads, *step.after, *of_others]
        if unknown := [table for table in named if table not in drawn]:
            raise ValueError(f"step {step.table} reads what no step shows: {', '.join(unknown)}")
        own = {contract.table for contract in of_step[step.table]}
        deps = dict.fromkeys(drawn[table] for table in named if drawn[table] not in own)
        made.append(replace(step, contracts=tuple(of_step[step.table]), deps=tuple(deps), drawn=assets))
    return made


def asset_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(table.split("."))


def partitions(config: Config) -> dg.DailyPartitionsDefinition:
    """A partition is an ``as_of`` day; the newest is yesterday in the business time zone."""
    return dg.DailyPartitionsDefinition(
        start_date=config.pipeline.run.start_date.isoformat(), timezone=config.pipeline.business.timezone
    )


def op_name(step: Step) -> str:
    """What Dagster calls the step where it runs."""
    return step.table.replace(".", "__")


def table_asset(
    step: Step,
    config: Config,
    before: Callable[[dg.AssetExecutionContext, RunContext], None],
    freshness: dg.FreshnessPolicy | None = None,
) -> dg.AssetsDefinition:
    """The assets of one step, made together; ``before`` is called first."""
    checks = _check_specs(step, config)
    specs = [
        dg.AssetSpec(
            asset_key(contract.table),
            deps=[asset_key(dep) for dep in step.deps],
            group_name=contract.group,
            kinds=set(contract.kinds),
            owners=[contract.owner],
            description=plain(contract.description + (step.details if contract.table == step.table else "")),
            metadata=static_metadata(contract),
            freshness_policy=freshness,
        )
        for contract in step.contracts
        if contract.asset
    ]

    @dg.multi_asset(
        name=op_name(step),
        specs=specs,
        check_specs=checks,
        partitions_def=partitions(config),
        required_resource_keys={"run_context"},
    )
    def make(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        before(context, context.resources.run_context)
        made, results = run_step(step, context.resources.run_context)
        for result in results:
            if not result.passed:
                context.log.warning(result.message)
        yield from asset_results(step, made, results)

    return make


def _check_specs(step: Step, config: Config) -> list[dg.AssetCheckSpec]:
    """A check belongs to a day as its table does: one that failed stays failed until its own day is run again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                name,
                asset=asset_key(step.table),
                blocking=rules[0].severity == "error",
                description=_checklist(rules),
                partitions_def=partitions(config),
            )
            for name, rules in _checks(step).items()
        ]


def asset_results(
    step: Step, made: Mapping[str, StepResult], results: Sequence[RuleResult]
) -> Iterator[dg.MaterializeResult[None]]:
    """What Dagster is told of the assets of a step: its own last, as a failing check of it stops what depends on any of them."""
    key = asset_key(step.table)
    for table in reversed(step.assets):
        checked = list(_check_results(key, step, results)) if table == step.table else None
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata=run_metadata(made[table]), check_results=checked)


def run_step(step: Step, run: RunContext) -> tuple[dict[str, StepResult], list[RuleResult]]:
    """Make the step's tables and check them, or, when nothing changed, tell again what was made; results by table."""
    rules = [rule for rules in _checks(step).values() for rule in rules]
    transient: tuple[type[Exception], ...] = (OSError, *run.engine.transient_errors)
    try:
        if not step.always and run.unchanged:
            made = {table: run.recall(table) for table in step.assets}
            return made, recorded(run.engine, step.table, rules, run.as_of)
        made = make_tables(step, run)
        results = step.thresholds(run)
        if step.rules:
            results += run.validator.validate(step.table, step.rules, run.as_of, _changed_rows(step.table, run))
        if rules:
            record(run.engine, step.table, results, run.as_of)
        for table, result in made.items():
            run.remember(table, result)
        return made, results
    except UserError as error:
        # A mistake in data or configuration does not heal by trying again.
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except RuntimeError as error:
        if stop := _stopping(error):
            raise stop from error
        raise
    except transient as error:
        raise dg.RetryRequested(max_retries=_RETRIES, seconds_to_wait=_RETRY_AFTER_SECONDS) from error


def _stopping(error: BaseException) -> BaseException | None:
    """What stopped a query, of which DuckDB makes an error like any other: taken for one, the steps beside would go on."""
    cause = error.__cause__ or error.__context__
    while cause is not None and isinstance(cause, Exception):
        cause = cause.__cause__ or cause.__context__
    return cause


def make_tables(step: Step, run: RunContext) -> dict[str, StepResult]:
    """Run the step; what it tells of each of its assets, which is the number of rows where it tells nothing."""
    written = run.engine.written
    with written.step():
        made = step.compute(run)
    told = {step.table: made} if isinstance(made, StepResult) else dict(made)
    silent = (table for table in step.assets if table not in told)
    told |= {table: StepResult(run.engine.count(run.engine.table(table))) for table in silent}
    return {table: replace(result, lineage=column_lineage(table, written.lineage, step.drawn)) for table, result in told.items()}


def _changed_rows(table: str, run: RunContext) -> ChangedRows | None:
    keys, since = run.changes.dirty(table), run.changes.since
    return None if keys is None or since is None else ChangedRows(keys, held(run.engine, table, since))


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
    of_rule = {result.rule.name: result for result in results}
    for name, rules in _checks(step).items():
        found = [of_rule[rule.name] for rule in rules]
        failed = [result for result in found if not result.passed]
        passed = f"{len(found)} rules hold" if len(found) > 1 else found[0].message
        by_rule = [
            {
                "rule": result.rule.name,
                "outcome": "holds" if result.passed else "FAILS",
                "failing rows": result.unexpected_count,
                "measured": result.observed,
            }
            for result in found
        ]
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR if rules[0].severity == "error" else dg.AssetCheckSeverity.WARN,
            description=plain(lines(result.message for result in failed) or passed),
            metadata={
                "rules": len(found),
                "failing rules": len(failed),
                "checked rows": max(r.checked_rows for r in found),
                "by rule": table_metadata(by_rule),
            },
        )
