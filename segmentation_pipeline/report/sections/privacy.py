"""Privacy and fairness: noes that found nobody, rows of erased people, and how campaigns choose among groups."""

from __future__ import annotations

from markupsafe import Markup

from segmentation_pipeline.report.charts.forest import Effect, forest
from segmentation_pipeline.report.figure import NOTHING, Absent, Figure, Heading, Part, Section
from segmentation_pipeline.report.html_table import html_table
from segmentation_pipeline.report.reader import Reader
from segmentation_pipeline.report.words import LEAST_PEOPLE, UNKNOWN, count, figure, people, share, words


def privacy(reader: Reader) -> Section:
    lead = (
        "The page holds no name, address, birth date or customer_id. Of groups of customers smaller than "
        f"{LEAST_PEOPLE} it gives no figure; whom a campaign lists, and who stops at its gates, is counted exactly."
    )
    return Section(
        "privacy", "Privacy and fairness", lead, [_basis(reader), _unmatched(reader), _let_go(reader), _groups(reader)]
    )


def _basis(reader: Reader) -> Part:
    privacy_config = reader.config.privacy
    if privacy_config.consent == "required":
        text = "A customer is contacted only with consent for channel and purpose, and where no suppression is against it."
    else:
        text = f"Consent is not required: {privacy_config.consent_not_required_reason}"
    return Heading("privacy-basis", "On what contacts rest", Markup("<p>{}</p>").format(text))


def _unmatched(reader: Reader) -> Part:
    title = "Noes that match nobody"
    answer = reader.ask(f"""
        SELECT source, reason, count(*) AS noes FROM unmatched_opt_outs
        WHERE as_of = {reader.today} GROUP BY source, reason ORDER BY noes DESC, source, reason LIMIT 20
        """)
    if not answer:
        return Absent(title, "none: every no of the ledgers found its customer.")
    rows = [(words(row["source"]), str(row["reason"]), count(row["noes"])) for row in answer]
    says = "Withdrawals and suppressions that name somebody who is no customer; the table has file and row of each."
    numbers = html_table(title, ("ledger", "why", "noes"), rows, texts=2)
    meant = ("unmatched_opt_outs.source", "unmatched_opt_outs.reason")
    return Figure("privacy-unmatched", title, says, (answer,), meant, numbers=numbers)


def _let_go(reader: Reader) -> Part:
    title = "Rows let go"
    answer = reader.ask(f"""
        SELECT source, erased, expired FROM row_accounting
        WHERE as_of = {reader.today} AND erased + expired > 0 ORDER BY source
        """)
    if not answer:
        return Absent(title, "no row of an erased person came again, and none was older than its source is kept.")
    rows = [(words(row["source"]), count(row["erased"]), count(row["expired"])) for row in answer]
    says = "Records that were not taken in: of people who were erased, and older than retention_days of the source."
    numbers = html_table(title, ("source", "of erased people", "too old"), rows)
    meant = ("row_accounting.erased", "row_accounting.expired")
    return Figure("privacy-let-go", title, says, (answer,), meant, numbers=numbers)


def _groups(reader: Reader) -> Part:
    title = "Whom campaigns contact, by group"
    if not reader.has("audience_fairness"):
        return Absent(title, "fairness in config/privacy.yaml, with source customers, would light it up.")
    answer = reader.ask(f"""
        SELECT campaign, attribute, customer_group, people, rate, low, high, ratio, flag,
        waived_by IS NOT NULL AS waived FROM audience_fairness
        WHERE as_of = {reader.today} AND measure = 'contacted'
        ORDER BY flag <> 'below_four_fifths', campaign, attribute, customer_group LIMIT 40
        """)
    if not answer:
        return Absent(title, "no campaign was made on the day.")
    drawn = [
        Effect(
            f"{words(row['campaign'])}: {row['customer_group']}",
            float(row["low"]),
            float(row["rate"]),
            float(row["high"]),
            words(row["flag"]),
            "w" if row["flag"] == "below_four_fifths" else "m",
        )
        for row in answer
        if row["rate"] is not None
    ]
    rows = [
        (
            f"{words(row['campaign'])}, {words(row['attribute'])} {row['customer_group']}",
            words(row["flag"]),
            "yes" if row["waived"] else UNKNOWN,
            people(row["people"]),
            share(row["rate"]),
            figure(row["ratio"]),
        )
        for row in answer
    ]
    says = (
        "The share of each declared group that a campaign contacts, with its 95 % interval, the most unequal first. Below four "
        "fifths of the highest share somebody has to answer for the difference; who does and why is in audience_fairness."
    )
    headers = ("campaign, group", "flag", "answered for", "people", "rate", "of the highest")
    numbers = html_table(title, headers, rows, texts=3)
    chart = forest(title, drawn, share) if drawn else NOTHING
    meant = tuple(f"audience_fairness.{name}" for name in ("rate", "ratio", "flag"))
    return Figure("privacy-groups", title, says, (answer,), meant, chart, numbers)
