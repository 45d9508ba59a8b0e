"""What is different since the run before: segments that moved, models that took over, checks that fail, campaigns decided."""

from __future__ import annotations

import re

from segmentation_pipeline.measurement.verdicts import HARMS, NO_DIFFERENCE, WORKS
from segmentation_pipeline.report.figure import Absent, Figure, Part, Section
from segmentation_pipeline.report.html_table import html_table
from segmentation_pipeline.report.reader import Reader, Row
from segmentation_pipeline.report.words import FEW, UNKNOWN, count, counted, is_few, people, words

_NUMBER = re.compile(r"^-?[\d.]+(e-?\d+)?$")
_FIRST = "This is the first run: from the next one on, what changed stands here."


def changes(reader: Reader) -> Section:
    told = [_segments(reader), _models(reader), _checks(reader), _campaigns(reader)]
    since = f"Since the run of {reader.previous}" if reader.previous else f"{_FIRST} Today"
    return Section("changes", "What changed", f"{since}: {', '.join(short for short, _ in told)}.", [part for _, part in told])


def _segments(reader: Reader) -> tuple[str, Part]:
    title = "Segments that moved"
    answer = reader.ask(f"""
        SELECT segmentation, segment, customers, entered, "left", previous_as_of, count(*) OVER () AS segments
        FROM segment_kpis WHERE as_of = {reader.today} AND entered + "left" > 0
        ORDER BY entered + "left" DESC, segmentation, segment LIMIT 12
        """)
    if not answer:
        why = "nobody changed segment." if reader.previous else "there is no day before to compare with."
        return "no segment moved", Absent(title, why)
    rows = [
        (
            f"{words(row['segmentation'])}: {words(row['segment'])}",
            *(FEW if _was_few(row) else count(row[name]) for name in ("entered", "left")),
            people(row["customers"]),
        )
        for row in answer
    ]
    says = "Segments that most customers entered or left since the observed day before, the first twelve."
    numbers = html_table(title, ("segment", "entered", "left", "customers now"), rows)
    columns = ("segment_kpis.entered", "segment_kpis.left", "segment_kpis.customers")
    short = f"{counted(answer.rows[0]['segments'], 'segment')} gained or lost customers"
    return short, Figure("changes-segments", title, says, (answer,), columns, numbers=numbers)


def _was_few(row: Row) -> bool:
    """Whether the segment has few members, or had and has none."""
    before = int(row["customers"]) - int(row["entered"]) + int(row["left"])
    return is_few(max(int(row["customers"]), before))


def _models(reader: Reader) -> tuple[str, Part]:
    title = "Models that changed"
    answer = reader.ask(f"""
        WITH champions AS (
        SELECT model, as_of, kind, version, note,
        lag(kind) OVER earlier AS kind_before, lag(version) OVER earlier AS version_before
        FROM model_registry WHERE is_champion AND as_of <= {reader.today}
        WINDOW earlier AS (PARTITION BY model ORDER BY as_of))
        SELECT model, kind_before, kind, version_before, version, note
        FROM champions WHERE as_of = {reader.today} AND version_before <> version
        ORDER BY kind_before = kind, model
        """)
    if not answer:
        why = "every model scores with the version of the run before." if reader.previous else _NO_BEFORE
        return "no model changed", Absent(title, why)
    rows = [
        (
            words(row["model"]),
            "another method" if row["kind_before"] != row["kind"] else "fitted anew",
            f"{words(row['kind_before'])} {row['version_before']}",
            f"{words(row['kind'])} {row['version']}",
            str(row["note"]),
        )
        for row in answer
    ]
    says = "Models whose version scores customers today and did not at its last run: another method, or the same fitted anew."
    numbers = html_table(title, ("model", "what", "before", "now", "note"), rows, texts=5)
    columns = ("model_registry.is_champion", "model_registry.version", "model_registry.kind")
    others = sum(row["kind_before"] != row["kind"] for row in answer)
    short = f"{counted(others, 'model')} took over by another method, {len(answer) - others} fitted anew"
    return short, Figure("changes-models", title, says, (answer,), columns, numbers=numbers)


_NO_BEFORE = "there is no run before to compare with."


def _checks(reader: Reader) -> tuple[str, Part]:
    title = "Checks that fail"
    answer = reader.ask(f"""
        SELECT q.table_name, q.rule, q.severity, q.expectation, q.description, q.observed, q.unexpected_count, q.checked_rows,
        coalesce(NOT p.passed, false) AS failed_before
        FROM data_quality q
        LEFT JOIN data_quality p ON p.as_of = {reader.before} AND p.table_name = q.table_name AND p.rule = q.rule
        WHERE q.as_of = {reader.today} AND NOT q.passed
        ORDER BY failed_before, q.severity, q.table_name, q.rule LIMIT 100
        """)
    if not answer:
        return "every check holds", Absent(title, "none: every rule holds.")
    rows = [
        (
            str(row["table_name"]),
            str(row["severity"]),
            "as before" if row["failed_before"] else "new",
            str(row["description"]).partition(". ")[0],
            _found(row),
        )
        for row in answer
    ]
    says = (
        "Rules that do not hold on the day; new: they held at the run before, or were not asked. Rows that fail are named in "
        "data_quality.message, not here."
    )
    numbers = html_table(title, ("table", "severity", "since", "what must hold", "what was found"), rows, texts=5)
    columns = ("data_quality.passed", "data_quality.severity", "data_quality.observed", "data_quality.unexpected_count")
    new = sum(not row["failed_before"] for row in answer)
    return f"{counted(len(answer), 'check')} failing, {new} of them new", Figure(
        "changes-checks", title, says, (answer,), columns, numbers=numbers
    )


def _found(row: Row) -> str:
    """What a rule found, without any value of a row: what Great Expectations measures may be a list of them."""
    if row["unexpected_count"]:
        return f"{count(row['unexpected_count'])} of {count(row['checked_rows'])} rows do not"
    observed, of_gx = str(row["observed"] or ""), str(row["expectation"]).startswith("expect_")
    if observed and (not of_gx or _NUMBER.match(observed)):
        return observed
    return "it does not, or could not be checked"


def _campaigns(reader: Reader) -> tuple[str, Part]:
    title = "Campaigns decided"
    answer = reader.ask(f"""
        WITH said AS (
        SELECT as_of, campaign, campaign_key, arm, metric, verdict, people,
        lag(verdict) OVER (PARTITION BY campaign_key, arm, metric ORDER BY as_of) AS verdict_before
        FROM campaign_results
        WHERE wave = 'all' AND segmentation = 'all' AND decides AND as_of IN ({reader.today}, {reader.before}))
        SELECT campaign, arm, metric, verdict_before, verdict, people FROM said
        WHERE as_of = {reader.today} AND verdict IS DISTINCT FROM verdict_before
        AND (verdict IN ('{WORKS}', '{HARMS}') OR verdict LIKE '{NO_DIFFERENCE}%')
        ORDER BY campaign, arm
        """)
    if not answer:
        return "no campaign was decided", Absent(title, "none since the run before." if reader.previous else "none.")
    rows = [
        (
            words(row["campaign"]),
            words(row["arm"]),
            words(row["metric"]),
            str(row["verdict_before"] or UNKNOWN),
            str(row["verdict"]),
            people(row["people"]),
        )
        for row in answer
    ]
    says = "Arms of campaigns whose verdict on the metric that decides is final and was another one, or none, at the run before."
    headers = ("campaign", "arm", "metric", "before", "verdict", "people")
    numbers = html_table(title, headers, rows, texts=5)
    columns = ("campaign_results.verdict", "campaign_results.decides")
    return f"{counted(len({row['campaign'] for row in answer}), 'campaign')} decided", Figure(
        "changes-campaigns", title, says, (answer,), columns, numbers=numbers
    )
