"""What may be asked of the published tables: which are cubes, how they join, and their metrics, each defined once.

Every ratio is a ratio of sums, so it holds for any group of rows.  Stocks are null, not wrong, where rows of several days or
segmentations would be added up.
"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.measurement.campaign_result_columns import ALL
from segmentation_pipeline.measurement.segment_kpi_columns import RETENTION_DAYS, SALES_DAYS, SEGMENT_KPIS_COLUMNS
from segmentation_pipeline.publish.metrics import (
    COUNT,
    MONEY,
    SHARE,
    Cube,
    Metric,
    column,
    counted,
    ratio,
    rounded,
    summed,
    within,
)

_TODAY = "(SELECT max(as_of) FROM publication)"

_CUSTOMERS = (
    counted("customers", "Customers."),
    summed("orders", "frequency", "Completed orders, lifetime (sum of frequency)."),
    summed("net_revenue", "monetary", "Paid less what was paid back, lifetime (sum of monetary).", MONEY),
    summed("gross_revenue", "gross_revenue", "Paid, before returns, lifetime.", MONEY),
    ratio("average_order_value", "{gross_revenue}", "{orders}", "Gross revenue / orders, lifetime.", MONEY),
    counted("buyers", "Customers with a completed order.", '{CUBE}."frequency" > 0'),
    counted("repeat_buyers", "Customers with two completed orders or more.", '{CUBE}."frequency" > 1'),
    ratio("repeat_rate", "{repeat_buyers}", "{buyers}", "repeat_buyers / buyers, lifetime.", SHARE),
    *(
        metric
        for days in SALES_DAYS
        for metric in (
            summed(f"orders_{days}d", f"frequency_{days}d", f"Completed orders in the last {days} days."),
            summed(f"net_revenue_{days}d", f"monetary_{days}d", f"Net revenue in the last {days} days.", MONEY),
        )
    ),
    summed("customer_lifetime_value", "clv", "Lifetime value of all customers who have one, together (sum of clv).", MONEY),
    counted("customers_with_lifetime_value", "Customers with a lifetime value.", '{CUBE}."clv" IS NOT NULL'),
    ratio(
        "average_lifetime_value",
        "{customer_lifetime_value}",
        "{customers_with_lifetime_value}",
        "Mean lifetime value of the customers who have one.",
        MONEY,
    ),
)

_MEMBERSHIPS = (Metric("members", "count_distinct", column("customer_id"), "Customers in any of the segments, each once."),)

_FLOWS = ("entered", "left", "orders_1d", "gross_revenue_1d")
_WEIGHTS = {
    "average_order_value": "orders",
    "net_promoter_score": "nps_answers",
    **{f"{name}_{days}d": f"active_before_{days}d" for days in RETENTION_DAYS for name in ("retention", "churn")},
}
_NOT_ADDED_UP = ("repeat_rate", "avg_clv", "margin_rate", "clv_to_marketing_cost", "web_conversion_90d")
_COVERAGE = "consent_coverage_"


_SEGMENTS_ON_DAYS = (
    "SELECT kpis.*, coalesce(known.exclusive, FALSE) AS exclusive FROM segment_kpis kpis LEFT JOIN "
    "(SELECT segmentation, bool_and(exclusive) AS exclusive FROM segment_catalog GROUP BY segmentation) known "
    "USING (segmentation)"
)
"""With whether a customer is in one segment of the segmentation at most; of one that is gone nobody knows."""


def _of_segments(aggregate: str, *columns: str) -> str:
    """The aggregate ``within`` the columns, or null where a customer who is in several of the segments would count twice."""
    apart = f"min({column('segment')}) = max({column('segment')}) OR bool_and({column('exclusive')})"
    return f"CASE WHEN {apart} THEN {within(aggregate, *columns)} END"


def _segment_days() -> Iterator[Metric]:
    """The columns of ``segment_kpis``: sums, means by what they are means of, and figures of one segment on one day alone."""
    stock = ("as_of", "segmentation")
    for kpi in SEGMENT_KPIS_COLUMNS[3:]:
        name, unit, own = kpi.name, kpi.unit or COUNT, column(kpi.name)
        if name == "previous_as_of":
            continue
        weight = "customers" if name.startswith(_COVERAGE) else _WEIGHTS.get(name)
        if name in _FLOWS:
            sql, said = _of_segments(f"sum({own})", "segmentation"), "Of one segmentation, over any days."
        elif name in _NOT_ADDED_UP:
            sql, said = f"CASE WHEN count(*) = 1 THEN max({own}) END", "Of one segment on one day; of several there is none."
        elif weight:
            places = 2 if unit == MONEY or name == "net_promoter_score" else 6
            mean = rounded(f"sum({own} * {column(weight)}) / nullif(sum({column(weight)}), 0)", places)
            sql, said = _of_segments(mean, *stock), f"Of one segmentation on one day; of several segments the mean by {weight}."
        else:
            sql, said = _of_segments(f"sum({own})", *stock), "Of one segmentation on one day."
        yield Metric(name, "number", sql, f"{kpi.description} {said}", unit)
        if name.startswith(_COVERAGE):
            channel = name.removeprefix(_COVERAGE)
            reached = _of_segments(f"round(sum({own} * {column('customers')}))", *stock)
            words = f"Members the gate would let marketing reach by {channel}: {name} * customers. {said}"
            yield Metric(f"contactable_{channel}", "number", reached, words, "customers")


def _of_metric(metric: str) -> str:
    return f"{{CUBE}}.\"metric\" = '{metric}'"


def _incremental(metric: str, unit: str) -> Metric:
    words = f"{metric.capitalize()} that would not have come without the campaigns (sum of incremental), of arms with a lift."
    return summed(f"incremental_{metric}", "incremental", words, unit, _of_metric(metric))


def _cost_of(metric: str) -> Metric:
    """As ``campaigns_over_time`` has it: of arms one of which has no known cost the cost of all is not known."""
    with_lift = f"FILTER (WHERE {_of_metric(metric)} AND {column('incremental')} IS NOT NULL)"
    arms, known, cost = (f"{what} {with_lift}" for what in ("count(*)", f"count({column('cost')})", f"sum({column('cost')})"))
    words = f"Cost of the arms with a lift of {metric}; null where that of one is not known."
    return Metric(f"cost_with_{metric}", "number", f"CASE WHEN {arms} = {known} THEN {cost} END", words, MONEY)


def _of_one(name: str, description: str, unit: str) -> Metric:
    sql = f"CASE WHEN count(*) = 1 THEN max({column(name)}) END"
    return Metric(name, "number", sql, f"{description} Of one campaign, arm and metric; of several there is none.", unit)


_PER_PERSON = "unit of the metric per person"
_CAMPAIGNS = (
    summed(
        "people",
        "people",
        "People assigned whose window is over, of campaigns measured by orders.",
        where=_of_metric("conversion"),
    ),
    summed("contacted", "contacted", "Of people, those who were contacted as far as is known.", where=_of_metric("conversion")),
    summed(
        "cost",
        "cost",
        "Spent on contacting people, of arms whose cost is known, of campaigns measured by orders.",
        MONEY,
        _of_metric("conversion"),
    ),
    _incremental("orders", COUNT),
    _incremental("revenue", MONEY),
    _incremental("margin", MONEY),
    _cost_of("revenue"),
    _cost_of("margin"),
    ratio(
        "return_on_ad_spend",
        "{incremental_revenue}",
        "{cost_with_revenue}",
        "Incremental revenue / cost of the same arms.",
        "ratio",
    ),
    ratio(
        "return_on_investment",
        "({incremental_margin} - {cost_with_margin})",
        "{cost_with_margin}",
        "(Incremental margin - cost) / cost of the same arms.",
        "share of cost",
    ),
    _of_one("lift", "The effect the verdict goes by.", _PER_PERSON),
    _of_one("lift_low", "Lower end of its 95 % interval.", _PER_PERSON),
    _of_one("lift_high", "Upper end of its 95 % interval.", _PER_PERSON),
)

_AUDIENCES = (
    counted("listed", "Customers on the lists, once per list."),
    counted("contacted", "Those of them who are contacted.", "{CUBE}.\"arm\" <> 'holdout'"),
    counted("held_out", "Those of them who are kept out for comparison.", "{CUBE}.\"arm\" = 'holdout'"),
)


def _of_step(name: str, description: str) -> Metric:
    words = f"{description} Of one step; of several there is none."
    return Metric(name, "number", within(f"sum({column(name)})", "step_number"), words, "customers")


_FUNNEL = (
    _of_step("entered", "Customers that came to the step."),
    summed("left_out", "left_out", "Customers that stopped at the steps.", "customers"),
    _of_step("remained", "Customers that passed the step."),
)


def _up_to_day(name: str, description: str, unit: str) -> Metric:
    words = f"{description} Of one day; of several there is none."
    return Metric(name, "number", within(f"sum({column(name)})", "as_of"), words, unit)


_SHOP_DAYS = (
    _up_to_day("orders", "Completed orders up to the day.", COUNT),
    _up_to_day("gross_revenue", "Paid for them, before returns.", MONEY),
    _up_to_day("returned_amount", "Paid back up to the day.", MONEY),
    _up_to_day("net_revenue", "Gross revenue less what was paid back.", MONEY),
    ratio("average_order_value", "{gross_revenue}", "{orders}", "Gross revenue / orders up to the day.", MONEY),
)

_MONTH_IS_OVER = '{CUBE}."month_is_over"'
_COHORTS = (
    summed("orders", "orders", "Completed orders of the cohorts in the months."),
    summed("net_revenue", "net_revenue", "Paid for them less what was paid back in the months.", MONEY),
    summed(
        "active_in_full_months", "active_customers", "Customers with an order, of months that are over.", where=_MONTH_IS_OVER
    ),
    summed(
        "customers_in_full_months",
        "customers",
        "Customers of the cohorts, once for each month that is over.",
        where=_MONTH_IS_OVER,
    ),
    ratio(
        "retention",
        "{active_in_full_months}",
        "{customers_in_full_months}",
        "Customers with an order in a month / customers of the cohort, of months that are over.",
        SHARE,
    ),
)

_CUSTOMER = ("customers", ("customer_id",))


def _last_version(table: str) -> str:
    """A list that was frozen may have been made again as another version: the last counts."""
    return (
        f"SELECT one.* FROM {table} AS one "
        "JOIN (SELECT as_of, campaign, max(version) AS version FROM campaign_funnel GROUP BY as_of, campaign) AS last "
        "ON one.as_of = last.as_of AND one.campaign = last.campaign AND one.version = last.version"
    )


CUBES = (
    Cube("customers", tables.CUSTOMER_PROFILE, _CUSTOMERS),
    Cube(
        "memberships",
        tables.CUSTOMER_SEGMENTS,
        _MEMBERSHIPS,
        joins=(_CUSTOMER, ("segments", ("segmentation", "segment"))),
    ),
    Cube("segments", tables.SEGMENT_CATALOG, (counted("segments", "Segments."),)),
    Cube(
        "segment_days",
        "measurement.segment_kpis",
        tuple(_segment_days()),
        rows=_SEGMENTS_ON_DAYS,
        note="Segments of a segmentation are added up where a customer is in one of them at most.",
    ),
    Cube("shop_days", tables.SHOP_TOTALS, _SHOP_DAYS),
    Cube("cohorts", "measurement.cohort_retention", _COHORTS),
    Cube(
        "campaigns",
        tables.CAMPAIGN_RESULTS,
        _CAMPAIGNS,
        rows=f"SELECT * FROM campaign_results WHERE as_of = {_TODAY} AND wave = '{ALL}' AND segmentation = '{ALL}'",
        note="As known on the published day, of everybody assigned since the start, in all segments.",
    ),
    Cube(
        "audiences",
        tables.CAMPAIGN_AUDIENCES,
        _AUDIENCES,
        joins=(_CUSTOMER,),
        rows=_last_version("campaign_audiences"),
        note="The last version of each list.",
    ),
    Cube(
        "campaign_steps",
        tables.CAMPAIGN_FUNNEL,
        _FUNNEL,
        rows=_last_version("campaign_funnel"),
        note="The last version of each list.",
    ),
)
