"""RESULTS.md: the aims, then every part's tables, from the findings there are, and the notes written by hand."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from benchmarks import aims
from benchmarks.measured import HERE
from benchmarks.report import Finding, growth, joined, load, markdown, shown
from benchmarks.workload import LARGE, memory_limit

PAGE = HERE / "RESULTS.md"
NOTES = HERE / "NOTES.md"
QUESTIONS = {
    "full": (
        "Full run beside hand-written SQL and a notebook",
        "All three read the same Parquet files and agree on customers, orders, net revenue, RFM segments and audiences. Hand "
        "SQL (`reference.py`) is one process of plain DuckDB SQL, scipy and scikit-learn with the same features, models, "
        "segmentations and campaigns; it has no quarantine, checks, history, lineage, long segment table, pictures, docs or "
        "publication, and fits one number of clusters where the pipeline tries six. The notebook (`notebook.py`) is pandas, "
        "lifetimes and scikit-learn, all in memory, its models fitted on a sample. Memory given to DuckDB: "
        f"{memory_limit(LARGE)}, above a million customers {memory_limit(LARGE + 1)}.",
    ),
    "sample": (
        "A cold run of the sample beside dbt",
        "`segmentation run` and `dbt build`, alternately, with nothing kept from before. The dbt project (`dbt/`) has 48 models "
        "and 150 tests: raw, clean and refused rows, features, RFM, value, lifecycle, segments, audiences. It has no models that "
        "are fitted, no history, purposes of consent, reasons, comparison with the last run, pictures, report, dictionary, event "
        "log or lineage. The configuration is that of 26 November 2026 (`sample_config/`).",
    ),
    "daily": (
        "A day's run beside a full one",
        "A project at 2026-06-30 gets one more day: new orders (1 % of them late by 20 days), corrections, returns, withdrawn "
        "consents, deleted orders and new customers. Once it is run as a day, once with `--full`. All published rows are "
        "compared.",
    ),
    "growth": (
        "Growth of a day's run with its history",
        "Same customers, same number of new orders, more years behind them.",
    ),
    "checks": (
        "Checks beside plain SQL",
        "Every rule on every table of a finished run, all rows, against one statement per table that counts the same failing "
        "rows.",
    ),
    "overhead": (
        "Overhead of the orchestrator",
        "`segmentation run` beside the same steps called one after the other in plain Python.",
    ),
    "backfill": (
        "Backfill",
        "The last days run one after the other by `segmentation run --from`, then the last of them anew, compared row by row.",
    ),
    "start": ("Start of the command line", "What a person waits for before anything happens."),
    "sources": (
        "Every source",
        "A full run of `examples/every_source`: all sources the pipeline understands, at the volume the generator gives them.",
    ),
    "rights": (
        "Access and erasure",
        "`segmentation subject` and `segmentation forget` of a customer on a list, then the next run; after each every byte "
        "below `data` but the user's own files, and every text of every table, is searched for the person's key.",
    ),
    "export": (
        "An export beside plain files",
        "Four orders a customer, of one to four lines: as one export with a row for each line, in the shape of Shopify's (values "
        "about the whole order in its first line only, unit prices, tests, void orders, customers by their e-mail address), and "
        "as a file of orders and one of lines. Read, cleaned, checked and stored by the steps of a run; nothing else is run. "
        "Ratios are to the plain files whose customers have a key; those with addresses for keys show what pseudonyms cost.",
    ),
    "decision": (
        "One decision per person and day",
        "Everybody is open to half of 20 campaigns, which have limits and money of their own, and there is money for all of a "
        "quarter of what they would cost. The most is what the prices prove that no choice can exceed.",
    ),
    "engines": ("Both engines", "The same run on DuckDB and on Spark, with all cores of this machine; Java's part counts."),
}


def write(folder: Path, page: Path = PAGE) -> None:
    """Write the page anew from the findings in ``folder``."""
    findings = {part: load(part, folder) for part in QUESTIONS}
    lines = ["# Results of the benchmarks", "", "Written by `python -m benchmarks --record`; see [README.md](README.md).", ""]
    lines += ["## Aims", "", *markdown(aims.grid(aims.judge(findings)))[2:]]
    if NOTES.is_file():
        lines += [NOTES.read_text(encoding="utf-8").strip(), ""]
    for part, (title, words) in QUESTIONS.items():
        lines += [f"## {title}", "", words, "", *_part(part, findings[part])]
    page.write_text("\n".join(lines), encoding="utf-8")


def aims_shown(folder: Path) -> Table:
    """The aims, for the screen."""
    return shown(aims.grid(aims.judge({part: load(part, folder) for part in QUESTIONS})))


def _part(part: str, findings: list[Finding]) -> list[str]:
    if not findings:
        return [f"Not run yet: `python -m benchmarks --only {part} --record`.", ""]
    when = "; ".join(f"{one.customers:,} customers on {one.date} (load average {one.load})" for one in findings)
    lines = [f"Measured: {when}.", ""]
    for machine in dict.fromkeys(one.machine for one in findings):
        lines += [f"On {machine}.", ""]
    for finding in findings:
        for difference in finding.differences:
            lines += [f"**The sides differ at {finding.customers:,} customers, so its ratios mean nothing:** {difference}", ""]
    for grid in [*joined(findings), *growth(findings)]:
        lines += markdown(grid)
    return lines
