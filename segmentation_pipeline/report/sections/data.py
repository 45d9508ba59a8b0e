"""What it all rests on: where every row went, what checks found, how fresh orders are, and whom one may contact."""

from __future__ import annotations

from segmentation_pipeline.report.charts.bars import Bar, bars
from segmentation_pipeline.report.figure import Absent, Figure, Part, Section, not_kept
from segmentation_pipeline.report.html_table import html_table
from segmentation_pipeline.report.reader import Reader
from segmentation_pipeline.report.words import UNKNOWN, count, share, words

_PARTS = ("clean", "anonymous", "quarantined", "superseded", "later", "erased", "expired", "skipped")
_CHANNELS = {"email": "e-mail", "sms": "text message", "post": "post", "ads": "ad audiences"}


def data(reader: Reader) -> Section:
    parts = [_rows(reader), _refused(reader), _quality(reader), _freshness(reader), _consent(reader)]
    lead = f"Every record read is in exactly one column: read = {' + '.join(_PARTS)}."
    return Section("data", "Data", lead, parts)


def _rows(reader: Reader) -> Part:
    title = "Where the rows went"
    answer = reader.ask(f"""
        SELECT t.source, t."read", {", ".join(f't."{part}"' for part in _PARTS)}, t."read" - p."read" AS more
        FROM row_accounting t LEFT JOIN row_accounting p ON p.source = t.source AND p.as_of = {reader.before}
        WHERE t.as_of = {reader.today} ORDER BY t.source
        """)
    if not answer:
        return Absent(title, "row_accounting has no row of the day.")
    used = [part for part in _PARTS if any(row[part] for row in answer)]
    rows = [
        (
            words(row["source"]),
            count(row["read"]),
            UNKNOWN if row["more"] is None else f"{row['more']:+,}",
            *(count(row[part]) for part in used),
        )
        for row in answer
    ]
    drawn = [
        Bar(words(row["source"]), (float(row["clean"]) / float(row["read"]),), (f"{share(row['clean'] / row['read'])} accepted",))
        for row in answer
        if row["read"]
    ]
    says = "Records of each source's files, and what became of them; columns in which no source has a row are left out."
    numbers = html_table(title, ("source", "read", "since the run before", *used), rows)
    meant = tuple(f"row_accounting.{name}" for name in ("read", *used))
    return Figure("data-rows", title, says, (answer,), meant, bars(title, drawn), numbers)


def _refused(reader: Reader) -> Part:
    title = "Why rows were refused"
    answer = reader.ask(f"""
        SELECT source, unnest(json_keys(quarantined_by_reason)) AS reason,
        unnest(json_extract(quarantined_by_reason, '$.*'))::BIGINT AS refused
        FROM row_accounting WHERE as_of = {reader.today} ORDER BY refused DESC, source, reason LIMIT 25
        """)
    if not answer:
        return Absent(title, "no row was refused.")
    rows = [(words(row["source"]), str(row["reason"]), count(row["refused"])) for row in answer]
    says = "Refused rows by reason, the first 25; a row with two reasons counts under both. They are in the quarantine, whole."
    numbers = html_table(title, ("source", "reason", "rows"), rows, texts=2)
    return Figure("data-refused", title, says, (answer,), ("row_accounting.quarantined_by_reason",), numbers=numbers)


def _quality(reader: Reader) -> Part:
    title = "Checks by table"
    answer = reader.ask(f"""
        SELECT table_name, count(*) AS rules, count(*) FILTER (NOT passed AND severity = 'error') AS errors,
        count(*) FILTER (NOT passed AND severity = 'warning') AS warnings, max(checked_rows) AS checked_rows
        FROM data_quality WHERE as_of = {reader.today}
        GROUP BY table_name ORDER BY errors DESC, warnings DESC, table_name LIMIT 80
        """)
    if not answer:
        return Absent(title, "nothing was checked on the day.")
    rows = [
        (str(row["table_name"]), *(count(row[name]) for name in ("rules", "errors", "warnings", "checked_rows")))
        for row in answer
    ]
    says = "Rules asked of each table, and how many do not hold. What fails is under What changed, in words."
    numbers = html_table(title, ("table", "rules", "errors", "warnings", "rows"), rows, most=80)
    meant = ("data_quality.rule", "data_quality.severity", "data_quality.passed")
    return Figure("data-quality", title, says, (answer,), meant, numbers=numbers)


def _freshness(reader: Reader) -> Part:
    title = "How fresh orders are"
    answer = reader.ask(f"""
        SELECT max(last_order_date) AS latest, {reader.today} - max(last_order_date) AS days_old,
        count(*) FILTER (frequency_30d > 0) AS ordered_30d
        FROM customer_profile WHERE as_of = {reader.today}
        """)
    row = answer.rows[0]
    if row["latest"] is None:
        return not_kept(reader, title, "customer_profile", "no order is known.")
    rows = [("latest order", str(row["latest"])), ("days before the day of the report", count(row["days_old"]))]
    says = f"The business day of the newest completed order, beside the day of the report, {reader.day}."
    numbers = html_table(title, ("what", "value"), rows)
    return Figure("data-freshness", title, says, (answer,), ("customer_profile.last_order_date",), numbers=numbers)


def _consent(reader: Reader) -> Part:
    title = "Whom one may contact"
    sums = ", ".join(
        f"sum({column} * customers) / sum(customers) FILTER ({column} IS NOT NULL) AS {channel}"
        for channel, column in ((channel, f"consent_coverage_{channel}") for channel in _CHANNELS)
    )
    answer = reader.ask(f"""
        WITH members AS (
        SELECT segmentation, sum(customers) AS members FROM segment_kpis
        JOIN (SELECT DISTINCT segmentation FROM segment_catalog WHERE exclusive) USING (segmentation)
        WHERE as_of = {reader.today} GROUP BY segmentation ORDER BY members DESC, segmentation LIMIT 1)
        SELECT min(segmentation) AS segmentation, min(members) AS members, {sums}
        FROM segment_kpis JOIN members USING (segmentation) WHERE as_of = {reader.today}
        """)
    found = {channel: answer.rows[0][channel] for channel in _CHANNELS if answer.rows[0][channel] is not None}
    if not found:
        return Absent(title, "source consents and a campaign on a channel would light it up.")
    rows = [(_CHANNELS[channel], share(value)) for channel, value in found.items()]
    drawn = [Bar(_CHANNELS[channel], (float(value),), (share(value),)) for channel, value in found.items()]
    says = (
        f"Share of the {count(answer.rows[0]['members'])} members of {words(answer.rows[0]['segmentation'])}, which of all "
        "segmentations holds most customers, whom marketing may reach on a channel, as the gate of campaigns answers."
    )
    meant = tuple(f"segment_kpis.consent_coverage_{channel}" for channel in found)
    numbers = html_table(title, ("channel", "may be reached"), rows)
    return Figure("data-consent", title, says, (answer,), meant, bars(title, drawn), numbers)
