"""Each segmentation: how its segments compare, a portrait of each, and who went from where to where."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from segmentation_pipeline.report.charts.bars import Bar, bars
from segmentation_pipeline.report.charts.flows import Flow, flows
from segmentation_pipeline.report.figure import Absent, Figure, Heading, Part, Section, not_kept
from segmentation_pipeline.report.html_table import html_table
from segmentation_pipeline.report.portraits import MOST_SEGMENTS, portraits
from segmentation_pipeline.report.reader import Answer, Reader, Row, text_literal
from segmentation_pipeline.report.words import FEW, UNKNOWN, count, counted, is_few, money, people, share, words

_DAYS, _MOST_WAYS = 30, 60


def segments(reader: Reader) -> Section:
    listed = reader.ask(f"""
        SELECT segmentation, min(title) AS title, min(kind) AS kind, min(owner) AS owner, bool_and(exclusive) AS exclusive,
        count(*) AS segments
        FROM segment_catalog WHERE as_of = {reader.today} GROUP BY segmentation ORDER BY segmentation
        """)
    lead = f"{counted(len(listed), 'segmentation')}, each with its segments from the largest down."
    lead += "" if reader.previous else " Who came and went is told from the second run on."
    if not listed:
        missing = not_kept(reader, "Segmentations", "segment_catalog", "config/segmentations.yaml names none.")
        return Section("segments", "Segments", "", [missing])
    parts = [part for place, row in enumerate(listed, 1) for part in _segmentation(reader, place, row)]
    return Section("segments", "Segments", lead, parts)


def _segmentation(reader: Reader, place: int, listed: Row) -> list[Part]:
    name, configured = str(listed["segmentation"]), reader.config.segmentations.get(str(listed["segmentation"]))
    text = Markup("<p>{}</p><p>Kind: {}. Answers for it: {}. {} segments; {}.</p>").format(
        configured.description if configured else "",
        words(listed["kind"]),
        listed["owner"],
        listed["segments"],
        "a customer is in one of them at most" if listed["exclusive"] else "a customer may be in several",
    )
    heading = Heading(f"segmentation-{place}", str(listed["title"]), text)
    profile = reader.ask(_profile_query(reader, name))
    trend = reader.ask(f"""
        SELECT segment, as_of, customers FROM segment_kpis
        WHERE segmentation = {text_literal(name)} AND as_of <= {reader.today}
        QUALIFY dense_rank() OVER (ORDER BY as_of DESC) <= {_DAYS}
        ORDER BY segment, as_of
        """)
    over_days: dict[str, list[Row]] = {}
    for row in trend:
        over_days.setdefault(str(row["segment"]), []).append(row)
    in_order = str(listed["kind"]) == "rules" and bool(listed["exclusive"])
    sizes = _sizes(f"segmentation-{place}-sizes", str(listed["title"]), profile)
    likeness = portraits(reader, f"segmentation-{place}-portraits", str(listed["title"]), (profile, trend), over_days, in_order)
    moves = [_moves(reader, f"segmentation-{place}-flows", str(listed["title"]), name)] if reader.previous else []
    return [heading, sizes, likeness, *moves]


def _profile_query(reader: Reader, name: str) -> str:
    return f"""
        SELECT p.segmentation, p.segment, p.customers, p.customer_share, p.monetary_365d, p.revenue_share, p.avg_clv,
        p.avg_average_order_value, p.avg_recency_days, p.sets_apart, c.definition, c.description, c.proposal, c.record,
        k.entered, k."left", k.previous_as_of, k.retention_365d, count(*) OVER () AS segments
        FROM segment_profiles p
        LEFT JOIN segment_catalog c ON c.segmentation = p.segmentation AND c.segment = p.segment
        LEFT JOIN segment_kpis k ON k.segmentation = p.segmentation AND k.segment = p.segment AND k.as_of = p.as_of
        WHERE p.segmentation = {text_literal(name)} AND p.as_of = {reader.today}
        ORDER BY p.customers DESC, p.segment LIMIT {MOST_SEGMENTS}
        """


def _sizes(key: str, of: str, profile: Answer) -> Part:
    title = f"{of}: customers and revenue"
    if not profile:
        return Absent(title, "segment_profiles has no row of it.")
    drawn = [row for row in profile if not is_few(row["customers"])]
    rows = [
        (words(row["segment"]), people(row["customers"]), *_unless_few(row, "customer_share", "revenue_share", "monetary_365d"))
        for row in profile
    ]
    headers = ("segment", "customers", "share of customers", "share of revenue", "net revenue of 365 days")
    chart = bars(
        title,
        [
            Bar(
                words(row["segment"]),
                (float(row["customer_share"]), max(0.0, float(row["revenue_share"] or 0))),
                (share(row["customer_share"]), share(row["revenue_share"])),
            )
            for row in drawn
        ],
        ("share of customers", "share of revenue"),
    )
    left_out = profile.rows[0]["segments"] - len(profile)
    says = "The share of all customers who are in a segment, beside the share of all net revenue they brought (lifetime)."
    says += f" The {MOST_SEGMENTS} largest segments; {left_out} more are in segment_profiles." if left_out else ""
    meant = ("segment_profiles.customer_share", "segment_profiles.revenue_share", "segment_profiles.monetary_365d")
    return Figure(key, title, says, (profile,), meant, chart, html_table(title, headers, rows))


def _unless_few(row: Row, *shares_then_money: str) -> list[str]:
    *shares, amount = shares_then_money
    if is_few(row["customers"]):
        return [UNKNOWN] * len(shares_then_money)
    return [*(share(row[name]) for name in shares), money(row[amount])]


def _moves(reader: Reader, key: str, of: str, name: str) -> Part:
    title = f"{of}: who came and went"
    answer = reader.ask(f"""
        SELECT previous_as_of, source, target, customers FROM segment_transitions
        WHERE segmentation = {text_literal(name)} AND as_of = {reader.today} AND period = 'day'
        ORDER BY customers DESC, source, target LIMIT {_MOST_WAYS}
        """)
    if not answer:
        return Absent(title, "no earlier day was observed to compare with.")
    ways = _pooled(answer.rows)
    before = str(answer.rows[0]["previous_as_of"])
    changed = [row for row in answer if row["source"] != row["target"]]
    if not changed:
        return Absent(title, f"nobody changed segment since {before}.")
    sizes = _sizes_of(answer.rows)
    rows = [
        (
            f"{words(row['source'])} → {words(row['target'])}",
            FEW if any(is_few(sizes[words(row[end])]) for end in ("source", "target")) else count(row["customers"]),
        )
        for row in changed
    ]
    says = (
        f"Customers by their segment on {before} and on {reader.day}. Filled ribbons are those who changed, faint ones those "
        "who stayed."
    )
    numbers = html_table(title, ("from → to", "customers"), rows)
    meant = ("segment_transitions.source", "segment_transitions.target", "segment_transitions.customers")
    return Figure(key, title, says, (answer,), meant, flows(title, ways, before, str(reader.day)), numbers)


def _pooled(rows: Sequence[Row]) -> list[Flow]:
    """The ways between the largest segments; all others are one."""
    sizes = _sizes_of(rows)
    kept = set(sorted(sizes, key=lambda each: (-sizes[each], each))[:MOST_SEGMENTS])
    pooled: dict[tuple[str, str], int] = {}
    for row in rows:
        way = (_or_other(words(row["source"]), kept), _or_other(words(row["target"]), kept))
        pooled[way] = pooled.get(way, 0) + int(row["customers"])
    return [Flow(source, target, customers) for (source, target), customers in sorted(pooled.items())]


def _sizes_of(rows: Sequence[Row]) -> dict[str, int]:
    """How many customers a segment had on the day on which it had more."""
    sizes: dict[str, dict[str, int]] = {"source": {}, "target": {}}
    for row in rows:
        for end, of_end in sizes.items():
            of_end[words(row[end])] = of_end.get(words(row[end]), 0) + int(row["customers"])
    return {name: max(of_end.get(name, 0) for of_end in sizes.values()) for name in sizes["source"] | sizes["target"]}


def _or_other(name: str, kept: set[str]) -> str:
    return name if name in kept else "other segments"
