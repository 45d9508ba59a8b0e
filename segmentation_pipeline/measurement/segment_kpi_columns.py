"""The columns of ``segment_kpis``, each with its formula and what it is made from."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.segment_tables import SEGMENT, SEGMENTATION

SALES_DAYS = (30, 90, 365)
RETENTION_DAYS = (90, 365)
_FIRST = "the first observed day of the segmentation"


def _count(name: str, description: str, unit: str = "customers", null_means: str | None = None) -> Column:
    """Without a minimum: what is counted is not negative, and a rule per count would cost more than the count."""
    return Column(name, Type.INTEGER, description, unit, null_means)


def _money(name: str, description: str, null_means: str | None = None) -> Column:
    return Column(name, Type.MONEY, description, "base currency", null_means)


def _share(name: str, description: str, null_means: str) -> Column:
    return Column(name, Type.NUMBER, description, "share 0-1", null_means, minimum=0, maximum=1)


def _sales(days: int) -> tuple[Column, ...]:
    return (
        _count(
            f"orders_{days}d", f"Completed orders of the members in the last {days} days (sum of frequency_{days}d).", "orders"
        ),
        _money(f"net_revenue_{days}d", f"Net revenue of the members in the last {days} days (sum of monetary_{days}d)."),
    )


def _retention(days: int) -> tuple[Column, ...]:
    nobody = f"no member ordered in the {days} days before the last {days}"
    return (
        _count(f"active_before_{days}d", f"Members with a completed order in the {days} days before the last {days}."),
        _share(
            f"retention_{days}d",
            f"Share of active_before_{days}d with a completed order in the last {days} days. Of today's members, also where the "
            "segment itself goes by recency.",
            nobody,
        ),
        _share(f"churn_{days}d", f"1 - retention_{days}d.", nobody),
    )


_BY_CHANNEL = {
    "email": "marketing by e-mail",
    "sms": "marketing by text message",
    "post": "marketing by post",
    "ads": "ad audiences",
}


def _coverage(channel: str, words: str) -> Column:
    return _share(
        f"consent_coverage_{channel}",
        f"Members who may be reached / customers, for {words}: a usable address of their own, consent (where none is required: "
        "no withdrawal), and neither they nor the address suppressed. The gate's own answer, before a campaign's rule, pressure "
        "and arms.",
        f"no campaign goes by {channel}, or no member is left",
    )


SEGMENT_KPIS_COLUMNS = (
    AS_OF,
    SEGMENTATION,
    SEGMENT,
    _count("customers", "Members, each person once; excluded persons are in no segment."),
    Column("previous_as_of", Type.DAY, "The day entered and left compare with: the last observed before.", "day", _FIRST),
    _count("entered", "Members who were in another segment, in none or unknown on previous_as_of.", null_means=_FIRST),
    _count("left", "Members of previous_as_of who are not any more.", null_means=_FIRST),
    *(column for days in SALES_DAYS for column in _sales(days)),
    _count("orders_1d", "Completed orders of the members on as_of.", "orders", "measured by a program that did not know it"),
    _money("gross_revenue_1d", "Paid for orders_1d, before returns.", "measured by a program that did not know it"),
    _count("orders", "Completed orders of the members, lifetime (sum of frequency).", "orders"),
    _money("net_revenue", "Net revenue of the members, lifetime (sum of monetary)."),
    _money(
        "average_order_value",
        "Gross revenue of the members / their orders, lifetime. segment_profiles has the mean of the members' means instead.",
        "no member has orders",
    ),
    _share(
        "repeat_rate", "Members with two completed orders or more / members with one or more, lifetime.", "no member has orders"
    ),
    *(column for days in RETENTION_DAYS for column in _retention(days)),
    _money("avg_clv", "Mean clv of the members who have one.", "no member has one, or there is no credible model"),
    _money(
        "margin",
        "Paid for lines of completed orders whose cost is known less that cost (quantity * products.unit_cost), lifetime, before "
        "returns.",
        "no product costs are mapped, or the cost of no line of a member is known",
    ),
    Column(
        "margin_rate",
        Type.NUMBER,
        "margin / paid for the lines whose cost is known.",
        "share, at most 1",
        "no product costs are mapped, or nothing was paid for lines whose cost is known",
        maximum=1,
    ),
    _money(
        "marketing_cost_365d",
        "Spent on contacting the members in the last 365 days (sum of marketing_cost_365d).",
        "no marketing costs or contacts are mapped, or no member is left",
    ),
    Column(
        "clv_to_marketing_cost",
        Type.NUMBER,
        "avg_clv / (marketing_cost_365d / members with an order): what lies ahead by what was spent on contacts in a year. Not "
        "CLV to CAC: these are contacts of customers the shop had already.",
        "ratio",
        "avg_clv or marketing_cost_365d is not known, or nothing was spent",
    ),
    _count(
        "support_requests_365d",
        "Requests of the members to the support in the last 365 days (sum of tickets_365d).",
        "requests",
        "no support requests are mapped, or no member is left",
    ),
    _money(
        "cost_to_serve_365d",
        "support_requests_365d * costs.support_request of pipeline.yaml. Parcels and returns are not in it: no source tells "
        "their cost.",
        "no support requests are mapped, no cost of one is given, or no member is left",
    ),
    *(_coverage(channel, words) for channel, words in _BY_CHANNEL.items()),
    _share(
        "web_conversion_90d",
        "Visits with an order / all visits of the members in the last 90 days.",
        "no web sessions with their orders are mapped, or no visit",
    ),
    _count("nps_answers", "Members who said how likely they recommend the shop.", "customers", "no survey with values is mapped"),
    Column(
        "net_promoter_score",
        Type.NUMBER,
        "100 * (9 or 10 - 0 to 6) / nps_answers, by each member's latest answer (nps).",
        "points -100 to 100",
        "no survey with values is mapped, or no answer",
        minimum=-100,
        maximum=100,
    ),
)
