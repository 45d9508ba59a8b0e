"""How the customer base is doing: how many, what they bring, who comes back, and how much hangs on a few."""

from __future__ import annotations

from markupsafe import Markup

from segmentation_pipeline.report.charts.columns import Column, columns
from segmentation_pipeline.report.charts.curves import Curve, curves
from segmentation_pipeline.report.figure import Figure, Part, Section, not_kept
from segmentation_pipeline.report.html_table import DEPTHS, Cell, Shaded, html_table
from segmentation_pipeline.report.reader import Reader, Row
from segmentation_pipeline.report.words import (
    FEW,
    LEAST_PEOPLE,
    PERCENT,
    UNKNOWN,
    change,
    count,
    is_few,
    money,
    month,
    people,
    share,
)

_COHORTS, _MONTHS_SINCE, _MONTHS, _BINS = 13, 12, 24, 20
_NO_ORDERS = "no order lies in the time it looks at."

_OF = ("of_returning", "of_new")
"""Whose money a month is parted into."""


def customers(reader: Reader) -> Section:
    currency = reader.config.pipeline.business.currency
    lead = f"All amounts are in {currency}, net of what was paid back unless said otherwise."
    parts = [_in_numbers(reader), _months(reader), _triangle(reader), _concentration(reader), _values(reader)]
    return Section("customers", "The customer base", lead, parts)


def _in_numbers(reader: Reader) -> Part:
    title = "The base in numbers"
    answer = reader.ask(f"""
        SELECT count(*) AS customers, count(*) FILTER (frequency > 0) AS with_orders,
        count(*) FILTER (frequency_90d > 0) AS active_90d, count(*) FILTER (frequency > 1) AS repeat_customers,
        sum(monetary_365d) AS net_revenue_365d, sum(monetary_previous_365d) AS net_revenue_year_before,
        sum(gross_revenue) / nullif(sum(frequency), 0) AS average_order_value
        FROM customer_profile WHERE as_of = {reader.today}
        """)
    row = answer.rows[0]
    if not row["customers"]:
        return not_kept(reader, title, "customer_profile", "nobody is known yet.")
    before, now = row["net_revenue_year_before"], row["net_revenue_365d"]
    growth = f"{change(now, before)} on the year before" if before and float(before) > 0 else "no year before"
    tiles = (
        ("customers", people(row["customers"]), f"{people(row['with_orders'])} with an order"),
        ("ordered in the last 90 days", people(row["active_90d"]), _of(row["active_90d"], row["with_orders"])),
        ("net revenue of 365 days", money(now), growth),
        ("average order", money(row["average_order_value"]), "before returns, lifetime"),
        ("ordered twice or more", people(row["repeat_customers"]), _of(row["repeat_customers"], row["with_orders"])),
    )
    chart = Markup('<dl class="tiles">{}</dl>').format(
        Markup("").join(Markup("<div><dt>{}</dt><dd><strong>{}</strong> {}</dd></div>").format(*tile) for tile in tiles)
    )
    says = "Customers known at the end of the day, excluded ones left out, and what they ordered."
    meant = ("frequency", "frequency_90d", "monetary_365d", "monetary_previous_365d", "gross_revenue")
    return Figure("customers-numbers", title, says, (answer,), tuple(f"customer_profile.{c}" for c in meant), chart)


def _of(part: object, whole: object) -> str:
    if not whole or is_few(part) or is_few(whole):
        return "of those with an order"
    return f"{share(float(str(part)) / float(str(whole)))} of those with an order"


def _months(reader: Reader) -> Part:
    title = "Net revenue by month"
    answer = reader.ask(f"""
        SELECT * FROM (
        SELECT month, coalesce(sum(net_revenue) FILTER (months_since > 0), 0) AS of_returning,
        coalesce(sum(net_revenue) FILTER (months_since = 0), 0) AS of_new,
        sum(active_customers) FILTER (months_since > 0) AS active_of_returning,
        sum(active_customers) FILTER (months_since = 0) AS active_of_new, sum(active_customers) AS active_customers
        FROM cohort_retention WHERE as_of = {reader.today} AND month_is_over
        GROUP BY month ORDER BY month DESC LIMIT {_MONTHS}) ORDER BY month
        """)
    if not answer:
        return not_kept(reader, title, "cohort_retention", _NO_ORDERS)
    shown = [row for row in answer if not any(is_few(row[f"active_{name}"]) for name in _OF)]
    drawn = [Column(month(row["month"]), (float(row["of_returning"]), float(row["of_new"]))) for row in shown]
    rows = [(month(r["month"]), people(r["active_customers"]), *_amounts(r)) for r in reversed(answer.rows)]
    says = f"The last {_MONTHS} months that are over: what customers brought after the month of their first order, and in it."
    numbers = html_table(title, ("month", "customers who ordered", "of returning customers", "of new customers"), rows)
    chart = columns(title, drawn, ("returning customers", "new customers"))
    meant = ("cohort_retention.net_revenue", "cohort_retention.active_customers", "cohort_retention.months_since")
    return Figure("customers-months", title, says, (answer,), meant, chart, numbers)


def _amounts(row: Row) -> tuple[str, ...]:
    """What returning and new customers brought; of few of either neither, as the whole month would tell it."""
    few = any(is_few(row[f"active_{name}"]) for name in _OF)
    return tuple(UNKNOWN if few else money(row[name]) for name in _OF)


def _triangle(reader: Reader) -> Part:
    title = "Who comes back"
    answer = reader.ask(f"""
        SELECT cohort_month, months_since, customers, retention
        FROM cohort_retention
        WHERE as_of = {reader.today} AND months_since <= {_MONTHS_SINCE}
        AND cohort_month > {reader.today} - INTERVAL {_COHORTS} MONTH
        ORDER BY cohort_month, months_since
        """)
    if not answer:
        return not_kept(reader, title, "cohort_retention", _NO_ORDERS)
    cohorts: dict[object, list[Row]] = {}
    for row in answer:
        cohorts.setdefault(row["cohort_month"], []).append(row)
    most = max((float(row["retention"]) for row in answer if row["retention"] and row["months_since"]), default=1.0)
    body: list[list[Cell]] = []
    for cohort, rows in cohorts.items():
        cells: list[Cell] = [month(cohort), people(rows[0]["customers"])]
        cells += [_retained(row, most) for row in rows if row["months_since"] > 0]
        body.append(cells + [""] * (_MONTHS_SINCE + 2 - len(cells)))
    says = (
        "A row is the customers whose first order lies in a month, a column a month since: the share of them who ordered in it. "
        f"A month that is not over has none yet, nor has a cohort of fewer than {LEAST_PEOPLE}."
    )
    headers = ("first order in", "customers", *(f"+{months}" for months in range(1, _MONTHS_SINCE + 1)))
    meant = ("cohort_retention.cohort_month", "cohort_retention.months_since", "cohort_retention.retention")
    return Figure("customers-retention", title, says, (answer,), meant, numbers=html_table(title, headers, body))


def _retained(row: Row, most: float) -> Cell:
    if row["retention"] is None or is_few(row["customers"]):
        return UNKNOWN
    value = float(row["retention"])
    return Shaded(f"{100 * value:.0f}{PERCENT}", round(DEPTHS * value / most))


def _concentration(reader: Reader) -> Part:
    title = "How much hangs on a few"
    answer = reader.ask(f"""
        SELECT period, top_percent, customers, customer_share, revenue, revenue_share, gini
        FROM revenue_concentration WHERE as_of = {reader.today} ORDER BY period, top_percent
        """)
    told = [row for row in answer if row["revenue_share"] is not None and not is_few(row["customers"])]
    year = [(float(row["customer_share"]), float(row["revenue_share"])) for row in told if row["period"] == "365d"]
    if not year:
        return not_kept(reader, title, "revenue_concentration", "too few customers ordered in the last 365 days.")
    rows = [
        (
            f"the best {row['top_percent']} %, {'365 days' if row['period'] == '365d' else 'lifetime'}",
            people(row["customers"]),
            money(row["revenue"]),
            share(row["revenue_share"]),
        )
        for row in told
    ]
    gini = next(row["gini"] for row in told if row["period"] == "365d")
    says = (
        f"Customers by their net revenue of 365 days, the best first: the share of revenue that so many of them bring. "
        f"The Gini coefficient is {float(gini):.2f}; 0 says that all bring the same."
    )
    chart = curves(title, [Curve("revenue", [(0.0, 0.0), *year])], "share of customers", "share of revenue", "all alike")
    numbers = html_table(title, ("customers", "how many", "net revenue", "share"), rows)
    meant = ("revenue_concentration.customer_share", "revenue_concentration.revenue_share", "revenue_concentration.gini")
    return Figure("customers-concentration", title, says, (answer,), meant, chart, numbers)


def _values(reader: Reader) -> Part:
    title = "What a customer brings in a year"
    answer = reader.ask(f"""
        WITH buyers AS (
        SELECT greatest(monetary_365d, 0)::DOUBLE AS value FROM customer_profile
        WHERE as_of = {reader.today} AND frequency_365d > 0),
        ends AS (SELECT nullif(ceil(quantile_cont(value, 0.95) / {_BINS}), 0) AS width FROM buyers)
        SELECT least(floor(value / width), {_BINS})::INTEGER AS bin, any_value(width) AS width, count(*) AS customers
        FROM buyers, ends WHERE width IS NOT NULL GROUP BY bin ORDER BY bin
        """)
    if not answer:
        return not_kept(reader, title, "customer_profile", _NO_ORDERS)
    width = float(answer.rows[0]["width"])
    of_bin = {row["bin"]: row["customers"] for row in answer}
    drawn = [Column(count(width * at), (0.0 if is_few(of_bin.get(at, 0)) else of_bin.get(at, 0),)) for at in range(_BINS + 1)]
    rows = [
        (
            f"{count(width * at)} to {count(width * (at + 1))}" if at < _BINS else f"{count(width * at)} and more",
            FEW if is_few(customers) else count(customers),
        )
        for at, customers in of_bin.items()
    ]
    says = (
        "Customers with an order in the last 365 days by their net revenue of these days, in twenty bins up to what 95 of a "
        f"hundred stay below; the last column is all above. A bin of fewer than {LEAST_PEOPLE} is not drawn."
    )
    numbers = html_table(title, ("net revenue of 365 days", "customers"), rows)
    meant = ("customer_profile.monetary_365d", "customer_profile.frequency_365d")
    return Figure("customers-values", title, says, (answer,), meant, columns(title, drawn), numbers)
