"""The reference's SQL, from files to audiences; ``as_of`` and the rules are those of ``project/config``.

Tables: orders, customers and the ledgers (clean), features, rfm, clv, clusters (by the models),
profile, audience_<campaign>.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

AS_OF = "DATE '2026-06-30'"
END = "TIMESTAMP '2026-07-01'"


def ingest(raw: Path) -> str:
    """Files to typed tables, with the row number that decides between equal versions."""
    return f"""
    CREATE TABLE raw_customers AS
    SELECT upper(trim(cust_no)) AS customer_id, registered::DATE AS signed_up_date, first_name, last_name, trim(email) AS email,
           trim(phone) AS phone, birthday AS birth_date, street, zip AS postal_code, city, state AS region, country,
           lang AS language, changed_at AS updated_at, file_row_number AS row
    FROM read_parquet('{raw}/customers*.parquet', file_row_number = true);

    CREATE TABLE raw_orders AS
    SELECT upper(trim(order_no)) AS order_id, upper(trim(cust_no)) AS customer_id, order_date AS ordered_at,
           order_date::DATE AS event_date, total AS amount, discount AS discount_amount,
           CASE channel WHEN 'Online Shop' THEN 'web' WHEN 'Filiale' THEN 'store' WHEN 'App' THEN 'app' ELSE channel
           END AS channel,
           store AS store_id, status = 'cancelled' AS is_cancelled, last_changed AS updated_at,
           year(order_date) * 1000000000 + file_row_number AS row
    FROM read_parquet('{raw}/orders_*.parquet', file_row_number = true);

    CREATE TABLE raw_returns AS
    SELECT upper(trim(return_no)) AS return_id, upper(trim(order_no)) AS order_id, return_date::DATE AS event_date,
           refund AS amount, reason, file_row_number AS row
    FROM read_parquet('{raw}/returns*.parquet', file_row_number = true);

    CREATE TABLE raw_consents AS
    SELECT upper(trim(customer)) AS customer_id, channel, purpose, event = 'opt_in' AS granted, "at" AS occurred_at
    FROM '{raw}/consents*.parquet' WHERE event IS NOT NULL;

    CREATE TABLE raw_contacts AS
    SELECT upper(trim(customer_id)) AS customer_id, campaign, contacted_at, arm, converted_at, outcome_amount
    FROM '{raw}/campaign_contacts*.parquet';

    CREATE TABLE suppressions AS
    SELECT upper(trim(customer_id)) AS customer_id, min(suppressed_at)::DATE AS suppressed_on
    FROM '{raw}/suppressions*.parquet' WHERE suppressed_at < {END} GROUP BY 1
    """


def _latest(key: str, order: str) -> str:
    """One row per key; keys that come once, nearly all, are not sorted."""
    return f"""
    SELECT * EXCLUDE (row) FROM valid WHERE {key} NOT IN (FROM repeated)
    UNION ALL
    SELECT * EXCLUDE (row) FROM (SELECT DISTINCT ON ({key}) * FROM valid WHERE {key} IN (FROM repeated) ORDER BY {order})"""


CLEAN = f"""
    CREATE TABLE customers AS
    WITH valid AS (
        SELECT * FROM raw_customers
        WHERE customer_id <> '' AND coalesce(signed_up_date <= {AS_OF}, true) AND coalesce(updated_at < {END}, true)),
    repeated AS (SELECT customer_id FROM valid GROUP BY 1 HAVING count(*) > 1)
    {_latest("customer_id", "updated_at DESC NULLS LAST, row DESC")};

    CREATE TABLE orders AS
    WITH valid AS (
        SELECT * FROM raw_orders
        WHERE order_id <> '' AND amount BETWEEN 0 AND 1000000 AND ordered_at < {END} AND ordered_at >= TIMESTAMP '1990-01-01'
              AND coalesce(updated_at < {END}, true) AND customer_id IN (SELECT customer_id FROM customers)),
    repeated AS (SELECT order_id FROM valid GROUP BY 1 HAVING count(*) > 1)
    {_latest("order_id", "updated_at DESC NULLS LAST, row DESC")};

    CREATE TABLE returns AS
    WITH valid AS (
        SELECT * FROM raw_returns
        WHERE return_id <> '' AND amount BETWEEN 0 AND 1000000 AND event_date <= {AS_OF}
              AND order_id IN (SELECT order_id FROM orders)),
    repeated AS (SELECT return_id FROM valid GROUP BY 1 HAVING count(*) > 1)
    {_latest("return_id", "row DESC")};

    CREATE TABLE consents AS
    SELECT DISTINCT * FROM raw_consents WHERE occurred_at < {END} AND customer_id IN (SELECT customer_id FROM customers);

    CREATE TABLE contacts AS
    SELECT DISTINCT * FROM raw_contacts WHERE contacted_at < {END} AND customer_id IN (SELECT customer_id FROM customers)
"""

QUALITY = f"""
    CREATE TABLE quality_orders AS
    SELECT count(*) AS rows, count(*) - count(order_id) AS no_order, count(*) - count(customer_id) AS no_customer,
           count(*) - count(ordered_at) AS no_time, count(*) - count(amount) AS no_amount,
           count(*) FILTER (WHERE amount < 0) AS negative, count(*) FILTER (WHERE amount > 1000000) AS absurd,
           count(*) FILTER (WHERE ordered_at >= {END}) AS later, count(*) - count(channel) AS no_channel,
           count(DISTINCT order_id) AS distinct_orders,
           count(*) FILTER (WHERE customer_id NOT IN (SELECT customer_id FROM customers)) AS unknown_customer
    FROM raw_orders;

    CREATE TABLE quality_customers AS
    SELECT count(*) AS rows, count(DISTINCT customer_id) AS distinct_customers, count(*) - count(email) AS no_email,
           count(*) - count(birth_date) AS no_birth_date,
           count(*) FILTER (WHERE birth_date > {AS_OF} OR birth_date < DATE '1900-01-01') AS odd_birth_date
    FROM raw_customers;

    CREATE TABLE quality_ledgers AS
    SELECT (SELECT count(*) FROM raw_returns) AS returns, (SELECT count(*) FROM returns) AS returns_kept,
           (SELECT count(*) FROM raw_consents) AS consents, (SELECT count(*) FROM consents) AS consents_kept,
           (SELECT count(*) FROM raw_contacts) AS contacts, (SELECT count(*) FROM contacts) AS contacts_kept
"""

_WINDOWS = ",\n".join(
    f"count(*) FILTER (WHERE is_order AND event_date > {AS_OF} - {days}) AS frequency_{days}d, "
    f"coalesce(sum(amount - returned) FILTER (WHERE event_date > {AS_OF} - {days}), 0) AS monetary_{days}d"
    for days in (30, 90, 365)
)

FEATURES = f"""
    CREATE TABLE features AS
    WITH events AS NOT MATERIALIZED (
        SELECT customer_id, event_date, true AS is_order, amount, 0::DECIMAL(18,2) AS returned, discount_amount, channel
        FROM orders WHERE is_cancelled IS NOT true
        UNION ALL
        SELECT customer_id, r.event_date, false, 0, r.amount, NULL, NULL FROM returns r JOIN orders o USING (order_id)
        WHERE is_cancelled IS NOT true),
    sums AS (
        SELECT customer_id, min(event_date) FILTER (WHERE is_order) AS first_order_date,
               max(event_date) FILTER (WHERE is_order) AS last_order_date, count(*) FILTER (WHERE is_order) AS frequency,
               sum(amount) AS gross_revenue, sum(returned) AS returned_amount, sum(discount_amount) AS discount,
               count(*) FILTER (WHERE NOT is_order) AS return_count, count(*) FILTER (WHERE channel = 'web') AS web,
               count(*) FILTER (WHERE channel = 'store') AS store, count(*) FILTER (WHERE channel = 'app') AS app, {_WINDOWS}
        FROM events GROUP BY 1),
    gaps AS (
        SELECT customer_id, count(*) FILTER (WHERE gap > 0) + 1 AS order_days, sum(gap) AS gap_sum, sum(gap * gap) AS gap_squares,
               arg_max(gap, event_date) FILTER (WHERE gap > 0) AS last_gap_days
        FROM (SELECT customer_id, event_date,
                     event_date - lag(event_date) OVER (PARTITION BY customer_id ORDER BY event_date) AS gap
              FROM orders WHERE is_cancelled IS NOT true)
        GROUP BY 1)
    SELECT c.customer_id, first_order_date, last_order_date, {AS_OF} - last_order_date AS recency_days,
           {AS_OF} - first_order_date AS tenure_days, coalesce(frequency, 0) AS frequency,
           coalesce(gross_revenue, 0) AS gross_revenue,
           coalesce(gross_revenue - returned_amount, 0)::DECIMAL(18,2) AS monetary,
           round(gross_revenue / frequency, 2)::DECIMAL(18,2) AS average_order_value,
           round(discount::DOUBLE / nullif(gross_revenue + discount, 0), 6) AS discount_share,
           coalesce(order_days, 0) AS order_days, round(gap_sum / nullif(order_days - 1, 0), 6) AS gap_mean_days,
           CASE WHEN order_days > 2 THEN round(sqrt(greatest(0,
               (gap_squares - gap_sum::DOUBLE * gap_sum / (order_days - 1)) / (order_days - 2))), 6) END AS gap_std_days,
           last_gap_days, frequency_30d, monetary_30d, frequency_90d, monetary_90d, frequency_365d, monetary_365d,
           coalesce(return_count, 0) AS return_count, coalesce(returned_amount, 0) AS returned_amount,
           round(least(returned_amount::DOUBLE / nullif(gross_revenue, 0), 1), 6) AS return_rate,
           CASE greatest(web, store, app) WHEN 0 THEN NULL WHEN web THEN 'web' WHEN store THEN 'store' ELSE 'app'
           END AS main_channel,
           round(web / frequency, 6) AS channel_share_web, round(store / frequency, 6) AS channel_share_store,
           round(app / frequency, 6) AS channel_share_app, month(birth_date) AS birth_month, city, region, country, language,
           signed_up_date, {AS_OF} - signed_up_date AS signup_days
    FROM customers c LEFT JOIN sums USING (customer_id) LEFT JOIN gaps USING (customer_id)
"""


def _score(value: str, cuts: str) -> str:
    return " + ".join(f"({cuts}[{position}] < {value})::INTEGER" for position in range(1, 5))


def _cuts(column: str) -> str:
    """Rounded, as a cut between two equal numbers may miss them in the last digit."""
    return f"list_transform(quantile_cont({column}::DOUBLE, [.2, .4, .6, .8]), lambda cut: round(cut, 6))"


RFM = f"""
    CREATE TABLE rfm AS
    WITH cuts AS (
        SELECT {_cuts("recency_days")} AS r, {_cuts("frequency")} AS f, {_cuts("monetary")} AS m
        FROM features WHERE frequency > 0),
    scores AS (
        SELECT customer_id, 5 - ({_score("recency_days", "r")}) AS r, 1 + {_score("frequency", "f")} AS f,
               1 + {_score("monetary", "m")} AS m
        FROM features, cuts WHERE frequency > 0)
    SELECT customer_id, r AS recency_score, f AS frequency_score, m AS monetary_score, r || '' || f || '' || m AS rfm_score,
           CASE WHEN r >= 4 AND f >= 4 AND m >= 4 THEN 'champions' WHEN r >= 3 AND f >= 4 THEN 'loyal'
                WHEN r <= 2 AND f >= 4 AND m >= 4 THEN 'cannot_lose_them' WHEN r <= 2 AND f >= 3 THEN 'at_risk'
                WHEN r = 5 AND f = 1 THEN 'new_customers' WHEN r = 4 AND f = 1 THEN 'promising'
                WHEN r >= 4 THEN 'potential_loyalists' WHEN r = 3 AND f >= 2 AND m >= 3 THEN 'need_attention'
                WHEN r = 3 THEN 'about_to_sleep' WHEN r = 2 THEN 'hibernating' ELSE 'lost' END AS rfm_segment
    FROM scores
"""

SEGMENTS = """
    CREATE TABLE profile AS
    WITH tiers AS (SELECT quantile_disc(clv, [.95, .8, .5]) AS at_least FROM clv),
    countries AS (SELECT country FROM features GROUP BY 1 HAVING count(*) >= 20)
    SELECT f.*, r.* EXCLUDE (customer_id), v.* EXCLUDE (customer_id), k.* EXCLUDE (customer_id),
           CASE WHEN frequency = 0 THEN 'prospect' WHEN tenure_days <= 60 THEN 'new'
                WHEN last_gap_days > 180 AND recency_days <= 60 THEN 'reactivated' WHEN recency_days <= 90 THEN 'active'
                WHEN recency_days <= 180 THEN 'at_risk' WHEN recency_days <= 365 THEN 'dormant' ELSE 'lost' END AS lifecycle,
           CASE WHEN clv >= at_least[1] THEN 'platinum' WHEN clv >= at_least[2] THEN 'gold' WHEN clv >= at_least[3] THEN 'silver'
                WHEN clv IS NOT NULL THEN 'bronze' END AS value_tier,
           CASE WHEN country IS NULL THEN NULL WHEN country IN (FROM countries) THEN lower(country) ELSE 'other'
           END AS country_segment
    FROM tiers, features f LEFT JOIN rfm r USING (customer_id) LEFT JOIN clv v USING (customer_id)
         LEFT JOIN clusters k USING (customer_id)
"""

REACHABLE = r"""
    CREATE TABLE reachable AS
    SELECT customer_id, regexp_matches(email, '^[^@\s,;]+@([^@\s,;.]+\.)+[^@\s,;.]{2,}$') AS email,
           regexp_matches(regexp_replace(phone, '[\s()./-]+', '', 'g'), '^\+?[0-9]{8,15}$') AS sms,
           street <> '' AND postal_code <> '' AND city <> '' AS post
    FROM customers
"""


@dataclass(frozen=True, slots=True)
class Campaign:
    channel: str
    rule: str
    rank_by: str
    limit: int | None
    quiet_days: int
    holdout: float


CAMPAIGNS = {
    "win_back": Campaign(
        "email", "lifecycle IN ('at_risk', 'dormant') AND frequency >= 2 AND monetary >= 50", "monetary", 5000, 30, 0.2
    ),
    "vip_early_access": Campaign(
        "post", "value_tier IN ('platinum', 'gold') AND lifecycle IN ('active', 'reactivated')", "clv", 1000, 14, 0.1
    ),
    "welcome_series": Campaign(
        "email", "lifecycle = 'new' AND frequency = 1 AND tenure_days BETWEEN 3 AND 30", "average_order_value", None, 0, 0.1
    ),
    "cross_sell": Campaign(
        "sms",
        "frequency >= 2 AND recency_days <= 180 AND channel_share_web >= 0.3 AND channel_share_app = 0",
        "expected_order_value",
        2000,
        21,
        0.15,
    ),
    "birthday_month": Campaign(
        "email", f"birth_month = month({AS_OF}) AND frequency >= 1 AND recency_days <= 730", "clv", None, 7, 0.1
    ),
}

_FIELDS = {"email": "email", "sms": "phone", "post": "street, postal_code, city, country"}


def audience(name: str, campaign: Campaign) -> str:
    """Who passes rule, address, consent, suppression and quiet time, the best by rank, with the holdout drawn by hash."""
    return f"""
    CREATE TABLE audience_{name} AS
    WITH consented AS (
        SELECT customer_id FROM consents WHERE channel = '{campaign.channel}' AND purpose = 'marketing' GROUP BY 1
        HAVING max(occurred_at) FILTER (WHERE granted)
               > coalesce(max(occurred_at) FILTER (WHERE NOT granted), TIMESTAMP '0001-01-01')),
    recent AS (SELECT customer_id FROM contacts WHERE arm = 'treatment' AND contacted_at::DATE > {AS_OF} - {campaign.quiet_days})
    SELECT customer_id, row_number() OVER (ORDER BY {campaign.rank_by} DESC NULLS LAST, customer_id) AS rank,
           {campaign.rank_by} AS expected_value,
           CASE WHEN md5_number_lower(customer_id || '|{name}') % 1000 < {campaign.holdout * 1000:.0f} THEN 'holdout'
                ELSE 'treatment' END AS arm
    FROM profile JOIN reachable USING (customer_id)
    WHERE {campaign.rule} AND reachable.{campaign.channel} AND customer_id IN (FROM consented)
          AND customer_id NOT IN (SELECT customer_id FROM suppressions)
          {"AND customer_id NOT IN (FROM recent)" if campaign.quiet_days else ""}
    QUALIFY rank <= {campaign.limit or "1e18"}
    """


def export(name: str, campaign: Campaign, path: Path) -> str:
    """The treatment arm with what the channel needs."""
    return f"""
    COPY (SELECT customer_id, rank, first_name, last_name, {_FIELDS[campaign.channel]}
          FROM audience_{name} JOIN customers USING (customer_id) WHERE arm = 'treatment' ORDER BY rank)
    TO '{path}' (HEADER)
    """
