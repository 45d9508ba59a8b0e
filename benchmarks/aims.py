"""What was aimed at, and whether the findings meet it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.report import Finding, Grid

SAMPLE, HUNDRED_THOUSAND, MILLION, FIVE_MILLION = 2_000, 100_000, 1_000_000, 5_000_000
QUIET_DAY = "a day with 0.1 % new orders"


@dataclass(frozen=True, slots=True)
class Aim:
    """``figure`` of ``part`` at ``customers`` (None: the largest size there is) must be on the right side of ``bound``."""

    text: str
    part: str
    figure: str
    bound: float
    unit: str
    customers: int | None = None
    at_least: bool = False

    def met_by(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True, slots=True)
class Verdict:
    """``value`` and ``met`` are None where nothing was measured, or the sides differed."""

    aim: Aim
    value: float | None
    met: bool | None

    @property
    def words(self) -> str:
        return "not measured" if self.met is None else "met" if self.met else "not met"


AIMS = (
    Aim("cold run of the sample at most 1.2 times dbt build, CPU", "sample", "cpu_to_dbt", 1.2, "x"),
    Aim("second day in one process at most a quarter of the first, CPU", "sample", "cpu_second_day_to_first", 0.25, "x"),
    Aim(f"{QUIET_DAY}, 2x cheaper than a full run, CPU", "daily", "cpu_full_to_day_0.001", 2, "x", SAMPLE, True),
    Aim(f"{QUIET_DAY}, 2.5x cheaper than a full run, CPU", "daily", "cpu_full_to_day_0.001", 2.5, "x", HUNDRED_THOUSAND, True),
    Aim(f"{QUIET_DAY}, 5x cheaper than a full run, CPU", "daily", "cpu_full_to_day_0.001", 5, "x", MILLION, True),
    Aim("publication of that day to making it anew", "daily", "publication_day_to_full_0.001", 0.1, "x", MILLION),
    Aim("full run at most 1.5 times hand SQL, wall", "full", "wall_to_sql", 1.5, "x", MILLION),
    Aim("full run at most 1.4 times hand SQL, CPU", "full", "cpu_to_sql", 1.4, "x", MILLION),
    Aim("full run at most a fifth of the notebook, wall", "full", "wall_to_notebook", 0.2, "x", MILLION),
    Aim("every source within a quarter of an hour", "sources", "wall_seconds", 900, " s", MILLION),
    Aim("peak memory", "full", "peak_mb", 1946, " MB", MILLION),
    Aim("peak memory (4 GB given to the engine)", "full", "peak_mb", 5222, " MB", FIVE_MILLION),
    Aim("peak memory with every source", "sources", "peak_mb", 2458, " MB", MILLION),
    Aim("Spark at most four times DuckDB, CPU", "engines", "cpu_spark_to_duckdb", 4, "x", HUNDRED_THOUSAND),
    Aim("segmentation --help", "start", "wall_help", 1.5, " s"),
    Aim("segmentation --version", "start", "wall_version", 1.5, " s"),
    Aim("segmentation check", "start", "wall_check", 1.5, " s"),
    Aim("orchestration", "overhead", "overhead_seconds", 10, " s"),
)


def judge(findings: Mapping[str, Sequence[Finding]], aims: Sequence[Aim] = AIMS) -> list[Verdict]:
    """Each aim with what was measured, by part."""
    return [_verdict(aim, findings.get(aim.part, ())) for aim in aims]


def _verdict(aim: Aim, findings: Sequence[Finding]) -> Verdict:
    sizes = [one for one in findings if aim.customers in (None, one.customers) and aim.figure in one.figures]
    if not sizes:
        return Verdict(aim, None, None)
    finding = max(sizes, key=lambda one: one.customers)
    if finding.differences:
        return Verdict(aim, None, None)
    value = finding.figures[aim.figure]
    return Verdict(aim, value, aim.met_by(value))


def grid(verdicts: Sequence[Verdict]) -> Grid:
    rows = [
        [
            verdict.aim.text,
            f"{verdict.aim.customers:,}" if verdict.aim.customers else "any",
            f"{'at least' if verdict.aim.at_least else 'at most'} {verdict.aim.bound:,g}{verdict.aim.unit}",
            "" if verdict.value is None else f"{verdict.value:,.2f}{verdict.aim.unit}",
            verdict.words,
        ]
        for verdict in verdicts
    ]
    return Grid("aims", ("aim", "customers", "bound", "measured", ""), rows)
