"""A sheet for each campaign of the day, to hand to whoever sends it: who is on the list, who is not, and what it can show."""

from __future__ import annotations

from markupsafe import Markup

from segmentation_pipeline.campaigns.lists import AudienceList
from segmentation_pipeline.report.charts.waterfall import Gate, waterfall
from segmentation_pipeline.report.figure import NOTHING, Absent, Figure, Heading, Part, Section
from segmentation_pipeline.report.html_table import html_table
from segmentation_pipeline.report.reader import Answer, Reader, text_literal
from segmentation_pipeline.report.units import effect, unit
from segmentation_pipeline.report.words import count, is_few, people, rule_in_words, share, words

_MOST = 60
_RULE, _HOLDOUT, _EXPORTED = "rule", "holdout", "exported"
_DOES_NOT_HOLD = "rule does not hold: "


def sheets(reader: Reader) -> Section:
    listed = reader.ask(f"SELECT DISTINCT campaign FROM campaign_funnel WHERE as_of = {reader.today} ORDER BY campaign")
    title, lead = "Campaign sheets", "One sheet per campaign; printed, each begins a page."
    if not listed:
        why = "no campaign was made on the day; config/campaigns.yaml with a campaign, and consents, would light it up."
        return Section("sheets", title, lead, [Absent(title, why)])
    parts: list[Part] = []
    for place, campaign in enumerate([str(row["campaign"]) for row in listed][:_MOST], 1):
        funnel = _funnel(reader, campaign)
        parts += [_heading(reader, place, campaign, funnel), _gates(place, campaign, funnel)]
        parts += [_who(reader, place, campaign), _results(reader, place, campaign)]
    return Section("sheets", title, lead, parts)


def _funnel(reader: Reader, name: str) -> Answer:
    return reader.ask(f"""
        SELECT version, step_number, step, entered, left_out, remained, reason FROM campaign_funnel
        WHERE as_of = {reader.today} AND campaign = {text_literal(name)} QUALIFY version = max(version) OVER ()
        ORDER BY step_number
        """)


def _heading(reader: Reader, place: int, name: str, steps: Answer) -> Heading:
    campaign = reader.config.campaigns.get(name)
    reasons = {str(row["step"]): str(row["reason"]) for row in steps}
    rule = reasons.get(_RULE, "").removeprefix(_DOES_NOT_HOLD)
    contacted = next((row["remained"] for row in steps if row["step"] == _EXPORTED), 0)
    facts = [("who", rule_in_words(rule, reader.profile_columns))]
    if campaign is not None:
        facts = [
            ("what for", campaign.description),
            *facts,
            ("channel", f"{campaign.channel}, for {words(campaign.purpose)}"),
            ("arms", ", ".join(campaign.arms)),
            ("answers for it", campaign.owner),
            ("the list is ordered by", words(campaign.rank_by)),
        ]
    kept_out = next((row["left_out"] for row in steps if row["step"] == _HOLDOUT), 0)
    facts += [
        ("contacted", f"{count(contacted)} customers on {reader.day}; {count(kept_out)} kept out"),
        ("what it can show", reasons.get(_HOLDOUT, "")),
        ("the list", f"data/audiences/{AudienceList(reader.day, name, int(steps.rows[0]['version'])).folder}/"),
        ("before it is sent", "segmentation audience verify: it names who has objected since"),
    ]
    items = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in facts if fact[1])
    title = campaign.title if campaign is not None else words(name)
    return Heading(f"sheet-{place}", title, Markup('<dl class="facts">{}</dl>').format(items), sheet=True)


def _gates(place: int, name: str, answer: Answer) -> Part:
    title = f"{words(name)}: from everybody to the list"
    stopped = [row for row in answer if row["left_out"] and row["step"] != _RULE]
    gates = [Gate(words(row["step"]), int(row["entered"]), int(row["left_out"])) for row in stopped]
    rows = [
        (words(row["step"]), str(row["reason"]), count(row["entered"]), count(row["left_out"]), count(row["remained"]))
        for row in answer
        if row["left_out"] or row["step"] == _EXPORTED
    ]
    says = (
        "Those whom the rule names, and where they stop: outlined pieces are who stops at a gate, the bar is who is contacted. "
        "A customer stops at one gate only."
    )
    headers = ("gate", "why one stops there", "came", "stopped", "passed")
    numbers = html_table(title, headers, rows, texts=2)
    chart = waterfall(title, gates, "named by the rule", "contacted") if gates else NOTHING
    meant = ("campaign_funnel.step", "campaign_funnel.left_out", "campaign_funnel.remained")
    return Figure(f"sheet-{place}-gates", title, says, (answer,), meant, chart, numbers, both=True)


def _who(reader: Reader, place: int, name: str) -> Part:
    """Whom the list holds, by the segmentations of which a customer is in one segment."""
    title = f"{words(name)}: who is on the list"
    answer = _segments_of(reader, name)
    shown = [row for row in answer if not is_few(row["customers"])]
    if not shown:
        return Absent(title, "the list is too short to tell of its segments.")
    rows = [
        (f"{words(row['segmentation'])}: {words(row['segment'])}", people(row["customers"]), share(row["part"])) for row in shown
    ]
    says = "Segments with the most customers of the list, in any arm, of segmentations in which one is in one segment at most."
    numbers = html_table(title, ("segment", "customers", "share of the list"), rows)
    return Figure(f"sheet-{place}-who", title, says, (answer,), ("customer_segments.segment",), numbers=numbers)


def _segments_of(reader: Reader, name: str) -> Answer:
    return reader.ask(f"""
        WITH listed AS (
        SELECT customer_id FROM campaign_audiences WHERE as_of = {reader.today} AND campaign = {text_literal(name)}
        AND version = (
        SELECT max(version) FROM campaign_funnel WHERE as_of = {reader.today} AND campaign = {text_literal(name)})),
        exclusive AS (SELECT DISTINCT segmentation FROM segment_catalog WHERE exclusive)
        SELECT segmentation, segment, count(*) AS customers, count(*) / (SELECT count(*) FROM listed) AS part
        FROM listed JOIN customer_segments USING (customer_id) JOIN exclusive USING (segmentation)
        WHERE as_of = {reader.today}
        GROUP BY segmentation, segment ORDER BY customers DESC, segmentation, segment LIMIT 6
        """)


def _results(reader: Reader, place: int, name: str) -> Part:
    """What is known of its effect so far: of the metric that decides, and of revenue."""
    title = f"{words(name)}: what it changed so far"
    answer = reader.ask(f"""
        SELECT arm, metric, verdict, status, people, people_control, lift, lift_low, lift_high, planned_end
        FROM campaign_results
        WHERE as_of = {reader.today} AND campaign = {text_literal(name)} AND wave = 'all' AND segmentation = 'all'
        AND (decides OR metric = 'revenue') ORDER BY NOT decides, metric, arm LIMIT 20
        """)
    if not any(row["lift"] is not None for row in answer):
        ends = next((row["planned_end"] for row in answer if row["planned_end"]), None)
        until = f" The planned end is {ends}." if ends else ""
        return Absent(title, f"nothing can be said yet: no window is over, or nobody is kept out.{until}")
    rows = [
        (
            f"{words(row['metric'])}, {words(row['arm'])}",
            str(row["verdict"] or row["status"]),
            people(row["people"]),
            *effect(row, unit(str(row["metric"]))),
        )
        for row in answer
    ]
    says = "The effect per person against those kept out by lot, with its 95 % interval."
    numbers = html_table(title, ("metric, arm", "verdict", "people", "effect", "from", "to"), rows, texts=2)
    meant = ("campaign_results.lift", "campaign_results.verdict")
    return Figure(f"sheet-{place}-results", title, says, (answer,), meant, numbers=numbers)
