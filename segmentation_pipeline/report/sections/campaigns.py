"""What campaigns do: today's lists, where they meet, what they changed for sure, and what that earned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from segmentation_pipeline.measurement.verdicts import HARMS, WORKS
from segmentation_pipeline.report.charts.bars import Bar, bars
from segmentation_pipeline.report.charts.forest import Effect, dot_by_sign, forest
from segmentation_pipeline.report.figure import NOTHING, Absent, Figure, Part, Section
from segmentation_pipeline.report.html_table import html_table
from segmentation_pipeline.report.reader import Reader, Row
from segmentation_pipeline.report.units import effect, is_of_few, unit
from segmentation_pipeline.report.words import UNKNOWN, count, is_few, money, people, share, words

_NO_CAMPAIGNS = "config/campaigns.yaml with a campaign, and consents, would light it up."
_NO_RESULTS = "a campaign with a holdout whose window is over, or source campaign_contacts with an experiment, would light it up."
_MOST_EFFECTS = 40


def campaigns(reader: Reader) -> Section:
    parts = [_lists(reader), _overlaps(reader), *_results(reader), _earned(reader), _over_time(reader)]
    lead = "Only what was drawn by lot is called an effect. A sheet for each campaign of the day is further down."
    return Section("campaigns", "Campaigns", lead, parts)


def _lists(reader: Reader) -> Part:
    title = "Lists of the day"
    answer = reader.ask(f"""
        WITH newest AS (
        SELECT campaign, max(version) AS version FROM campaign_funnel WHERE as_of = {reader.today} GROUP BY campaign)
        SELECT campaign, channel, count(*) FILTER (arm <> 'holdout') AS contacted, count(*) FILTER (arm = 'holdout') AS held_out
        FROM campaign_audiences JOIN newest USING (campaign, version) WHERE as_of = {reader.today}
        GROUP BY campaign, channel ORDER BY contacted DESC, campaign LIMIT 60
        """)
    if not answer:
        return Absent(title, f"no campaign lists anybody on the day; {_NO_CAMPAIGNS}")
    drawn = [
        Bar(
            f"{words(row['campaign'])} ({row['channel']})",
            (float(row["contacted"]), float(row["held_out"])),
            (count(row["contacted"]), count(row["held_out"])),
        )
        for row in answer
    ]
    rows = [(words(r["campaign"]), str(r["channel"]), count(r["contacted"]), count(r["held_out"])) for r in answer]
    says = "Customers whom each campaign contacts, and those whom the draw keeps out, so that its effect can be measured."
    numbers = html_table(title, ("campaign", "channel", "contacted", "kept out"), rows, texts=2)
    meant = ("campaign_audiences.campaign", "campaign_audiences.arm", "campaign_audiences.channel")
    return Figure("campaigns-lists", title, says, (answer,), meant, bars(title, drawn, ("contacted", "kept out")), numbers)


def _overlaps(reader: Reader) -> Part:
    title = "Campaigns that want the same people"
    answer = reader.ask(f"""
        SELECT campaign, other_campaign, passed, other_passed, passed_both, listed_both, contacted_by_both
        FROM audience_overlap WHERE as_of = {reader.today} AND passed_both > 0
        ORDER BY passed_both DESC, campaign, other_campaign LIMIT 40
        """)
    if not answer:
        return Absent(title, f"no two campaigns of the day want the same customer; {_NO_CAMPAIGNS}")
    rows = [
        (
            f"{words(row['campaign'])} and {words(row['other_campaign'])}",
            people(row["passed_both"]),
            people(row["listed_both"]),
            people(row["contacted_by_both"]),
        )
        for row in answer
    ]
    says = "Customers who passed the gates of both campaigns, those on both lists, and those whom both contact on the day."
    numbers = html_table(title, ("campaigns", "passed both", "on both lists", "contacted by both"), rows)
    meant = ("audience_overlap.passed_both", "audience_overlap.listed_both", "audience_overlap.contacted_by_both")
    return Figure("campaigns-overlaps", title, says, (answer,), meant, numbers=numbers)


def _results(reader: Reader) -> list[Part]:
    """A forest plot for each metric that decides, as they have no scale in common."""
    title = "What campaigns changed"
    answer = reader.ask(f"""
        SELECT campaign, arm, metric, status, verdict, people, people_control, mean_control, lift, lift_low, lift_high, "interval"
        FROM campaign_results
        WHERE as_of = {reader.today} AND wave = 'all' AND segmentation = 'all' AND decides
        ORDER BY metric, lift IS NULL, lift DESC, campaign, arm LIMIT {_MOST_EFFECTS}
        """)
    if not answer:
        return [Absent(title, _NO_RESULTS)]
    parts: list[Part] = []
    for place, metric in enumerate(dict.fromkeys(str(row["metric"]) for row in answer), 1):
        told, of_metric = unit(metric), [row for row in answer if row["metric"] == metric]
        named = f"{title}: {words(metric)}"
        says = (
            f"The effect on {words(metric)} per person, contacted against kept out by lot, with its 95 % interval: the one that "
            "holds at every look until the planned end is reached, from then on the fixed one. A filled dot: the interval leaves "
            "no effect out."
        )
        meant = tuple(f"campaign_results.{c}" for c in ("lift", "lift_low", "lift_high", "interval", "verdict", "status"))
        drawn = [_effect(row) for row in of_metric if row["lift"] is not None and not is_of_few(row)]
        chart = forest(named, drawn, told) if drawn else NOTHING
        numbers = _effects_table(named, of_metric, told)
        parts.append(Figure(f"campaigns-results-{place}", named, says, (answer,), meant, chart, numbers))
    return parts


def _effect(row: Row) -> Effect:
    name = f"{words(row['campaign'])}{'' if row['arm'] == 'treatment' else ': ' + words(row['arm'])}"
    verdict = str(row["verdict"] or "")
    dot = {WORKS: "m", HARMS: "w"}.get(verdict, "o")
    return Effect(name, float(row["lift_low"]), float(row["lift"]), float(row["lift_high"]), verdict, dot)


def _effects_table(caption: str, rows: Sequence[Row], told: Callable[[object], str]) -> Markup:
    cells = [
        (
            f"{words(row['campaign'])}, {words(row['arm'])}",
            str(row["verdict"] or row["status"]),
            people(row["people"]),
            people(row["people_control"]) if row["people_control"] is not None else UNKNOWN,
            *effect(row, told),
            str(row["interval"] or UNKNOWN),
        )
        for row in rows
    ]
    headers = ("campaign, arm", "verdict", "people", "kept out", "effect", "from", "to", "interval")
    return html_table(caption, headers, cells, texts=2)


def _earned(reader: Reader) -> Part:
    title = "Revenue earned"
    answer = reader.ask(f"""
        SELECT campaign, arm, people, incremental, incremental_low, incremental_high, cost, return_on_investment
        FROM campaign_results
        WHERE as_of = {reader.today} AND wave = 'all' AND segmentation = 'all' AND metric = 'revenue' AND lift IS NOT NULL
        ORDER BY incremental DESC, campaign, arm LIMIT {_MOST_EFFECTS}
        """)
    if not answer:
        return Absent(title, _NO_RESULTS)
    shown = [row for row in answer if not is_few(row["people"])]
    drawn = [
        Effect(
            words(row["campaign"]),
            float(row["incremental_low"]),
            float(row["incremental"]),
            float(row["incremental_high"]),
            money(row["incremental"]),
            dot_by_sign(row["incremental_low"], row["incremental_high"]),
        )
        for row in shown
    ]
    rows = [
        (
            f"{words(row['campaign'])}, {words(row['arm'])}",
            *(money(row[name]) for name in ("incremental", "incremental_low", "incremental_high", "cost")),
            share(row["return_on_investment"]),
        )
        for row in shown
    ]
    says = "Net revenue that would not have come without the campaign, with its 95 % interval; before the cost of goods."
    headers = ("campaign, arm", "earned", "from", "to", "cost of contacts", "return")
    meant = tuple(f"campaign_results.{name}" for name in ("incremental", "incremental_low", "cost", "return_on_investment"))
    numbers = html_table(title, headers, rows)
    return Figure("campaigns-earned", title, says, (answer,), meant, forest(title, drawn, money), numbers)


def _over_time(reader: Reader) -> Part:
    title = "Campaigns by channel and month"
    answer = reader.ask(f"""
        SELECT month, channel, campaigns, measured, is_over, contacted, cost, incremental_revenue, incremental_revenue_low,
        incremental_revenue_high
        FROM campaigns_over_time WHERE as_of = {reader.today} ORDER BY month DESC, channel LIMIT 24
        """)
    if not answer:
        return Absent(title, _NO_RESULTS)
    rows = [
        (
            f"{row['month']}, {row['channel']}{'' if row['is_over'] else ' (so far)'}",
            count(row["campaigns"]),
            people(row["contacted"]),
            *(money(row[n]) for n in ("cost", "incremental_revenue", "incremental_revenue_low", "incremental_revenue_high")),
        )
        for row in answer
    ]
    says = "By the month in which people were assigned: campaigns, whom they contacted, what that cost and what it earned."
    headers = ("month, channel", "campaigns", "contacted", "cost", "earned", "from", "to")
    meant = tuple(f"campaigns_over_time.{name}" for name in ("contacted", "cost", "incremental_revenue"))
    return Figure("campaigns-months", title, says, (answer,), meant, numbers=html_table(title, headers, rows))
