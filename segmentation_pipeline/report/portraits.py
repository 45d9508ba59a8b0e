"""Portraits of segments: a card each, with its rule in words, its size and value, what sets it apart and where it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from segmentation_pipeline.report.charts.spark import spark
from segmentation_pipeline.report.figure import Absent, Figure, Part
from segmentation_pipeline.report.html_table import html_table
from segmentation_pipeline.report.reader import Answer, Reader, Row
from segmentation_pipeline.report.words import (
    FEW,
    LEAST_PEOPLE,
    PERCENT,
    UNKNOWN,
    columns_in,
    count,
    figure,
    is_few,
    money,
    people,
    rule_in_words,
    share,
    words,
)

MOST_SEGMENTS = 12
"""Segments of a segmentation that are shown, the largest."""
_APART = re.compile(r"(\w+) ([+-])([\d.]+) sd")
_MEANT = (
    "segment_profiles.customers",
    "segment_profiles.revenue_share",
    "segment_profiles.avg_clv",
    "segment_profiles.avg_average_order_value",
    "segment_profiles.avg_recency_days",
    "segment_profiles.sets_apart",
    "segment_kpis.retention_365d",
    "segment_kpis.entered",
    "segment_kpis.left",
)


def portraits(
    reader: Reader,
    key: str,
    of: str,
    answers: tuple[Answer, Answer],
    over_days: Mapping[str, Sequence[Row]],
    in_order: bool,
) -> Part:
    """The cards of a segmentation's profile; ``over_days`` has the sizes of each segment, ``in_order``: the first rule counts."""
    title, profile = f"{of}: portraits", answers[0]
    if not profile:
        return Absent(title, "segment_profiles has no row of it.")
    cards = Markup("").join(_card(reader, row, over_days.get(str(row["segment"]), ())) for row in profile)
    rules = " Rules are asked in the order of config/segmentations.yaml, and the first that holds counts." if in_order else ""
    says = (
        f"What each segment is like.{rules} Sizes over the last observed days, where there are two or more. Of fewer than "
        f"{LEAST_PEOPLE} customers no figure is given."
    )
    return Figure(key, title, says, answers, _MEANT, Markup('<div class="cards">{}</div>').format(cards), _rules(title, profile))


def _card(reader: Reader, row: Row, days: Sequence[Row]) -> Markup:
    rule = str(row["definition"] or "")
    has_trend = len(days) > 1 and not any(is_few(day["customers"]) for day in days)
    trend = [_trend(days)] if has_trend else []
    facts = [("who", rule_in_words(rule, reader.profile_columns)), *_facts(row), *trend]
    if row["description"] and row["description"] != _of_all(reader, row):
        facts.insert(1, ("what for", str(row["description"])))
    items = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in facts)
    terms = [(column, reader.profile_columns[column]) for column in columns_in(rule, reader.profile_columns)]
    meant = Markup("").join(Markup("<li><code>{}</code>: {}</li>").format(*term) for term in terms)
    explained = Markup('<ul class="terms">{}</ul>').format(meant) if meant else Markup("")
    name = words(row["segment"])
    line = spark(f"{name}: {trend[0][1]}", [float(day["customers"]) for day in days]) if has_trend else Markup("")
    return Markup('<article class="card"><h5>{} <span class="size">{} {}</span></h5><dl>{}</dl>{}</article>').format(
        name, people(row["customers"]), line, items, explained
    )


def _of_all(reader: Reader, row: Row) -> str:
    """What is said of the segmentation, which stands above its segments already."""
    configured = reader.config.segmentations.get(str(row["segmentation"]))
    return configured.description if configured else ""


def _trend(days: Sequence[Row]) -> tuple[str, str]:
    first, last = days[0]["customers"], days[-1]["customers"]
    change = f", {float(last) / float(first) - 1:+.1%}".replace("%", PERCENT) if first else ""
    return "trend", f"{count(first)} on {days[0]['as_of']}, {count(last)} on {days[-1]['as_of']}{change}"


def _facts(row: Row) -> list[tuple[str, str]]:
    if is_few(row["customers"]):
        return [("size", f"{FEW} customers: no figure is given"), *((k, t.partition("; together")[0]) for k, t in _proposal(row))]
    facts = [
        ("share", f"{share(row['customer_share'])} of customers, {share(row['revenue_share'])} of net revenue"),
        ("a year", f"{money(row['monetary_365d'])} net revenue of 365 days"),
        *_of_buyers(row),
        ("sets apart", sets_apart(str(row["sets_apart"] or UNKNOWN))),
    ]
    if row["previous_as_of"] is not None:
        moved = f"{count(row['entered'])} came, {count(row['left'])} left since {row['previous_as_of']}"
        facts.append(("moved", moved))
    if row["record"]:
        facts.append(("campaigns", str(row["record"])))
    return facts + _proposal(row)


def _of_buyers(row: Row) -> list[tuple[str, str]]:
    """What can be said of members who have orders, as far as anybody has."""
    found = []
    if row["avg_average_order_value"] is not None:
        clv = "" if row["avg_clv"] is None else f"{money(row['avg_clv'])} lifetime value, "
        found.append(("value", f"{clv}{money(row['avg_average_order_value'])} an order, on average"))
    if row["avg_recency_days"] is not None:
        again = row["retention_365d"]
        kept = "" if again is None else f"; {share(again)} of those who ordered the year before did again"
        found.append(("rhythm", f"last order {figure(row['avg_recency_days'])} days ago on average{kept}"))
    return found


def _proposal(row: Row) -> list[tuple[str, str]]:
    return [("too small", str(row["proposal"]))] if row["proposal"] else []


def sets_apart(told: str) -> str:
    """Differences from all customers as one says them.

    >>> sets_apart("monetary +0.6 sd, discount_share -1.2 sd")
    'somewhat higher monetary (+0.6 sd), far lower discount share (-1.2 sd)'
    >>> sets_apart("close to the average customer")
    'close to the average customer'
    """

    def said(found: re.Match[str]) -> str:
        name, sign, size = found.groups()
        how = "far" if float(size) >= 1 else "somewhat" if float(size) >= 0.4 else "slightly"
        return f"{how} {'higher' if sign == '+' else 'lower'} {words(name)} ({sign}{size} sd)"

    return _APART.sub(said, told)


def _rules(title: str, profile: Answer) -> Markup:
    rows = [(words(row["segment"]), str(row["definition"] or UNKNOWN)) for row in profile]
    return html_table(f"{title}, the rules as they stand", ("segment", "rule"), rows, texts=2)
