"""What was aimed at, and whether the findings meet it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.report import Finding, Grid

MILLION, FIVE_MILLION = 1_000_000, 5_000_000


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
    Aim("full run at most twice hand SQL, CPU", "full", "cpu_to_sql", 2, "x", MILLION),
    Aim("full run at most twice hand SQL, wall", "full", "wall_to_sql", 2, "x", MILLION),
    Aim("full run at most a fifth of the notebook, wall", "full", "wall_to_notebook", 0.2, "x", MILLION),
    Aim(
        "a day with 0.1 % new orders at least 5x cheaper than a full run, CPU",
        "daily",
        "cpu_full_to_day_0.001",
        5,
        "x",
        MILLION,
        True,
    ),
    Aim(
        "a day with 0.1 % new orders at least 5x faster than a full run, wall",
        "daily",
        "wall_full_to_day_0.001",
        5,
        "x",
        MILLION,
        True,
    ),
    Aim("peak memory under 2 GB", "full", "peak_mb", 2048, " MB", MILLION),
    Aim("peak memory under 6 GB (4 GB given to the engine)", "full", "peak_mb", 6144, " MB", FIVE_MILLION),
    Aim("segmentation --help under 1.5 s", "start", "wall_help", 1.5, " s"),
    Aim("segmentation --version under 1.5 s", "start", "wall_version", 1.5, " s"),
    Aim("segmentation check under 1.5 s", "start", "wall_check", 1.5, " s"),
    Aim("orchestration under 10 s", "overhead", "overhead_seconds", 10, " s"),
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
