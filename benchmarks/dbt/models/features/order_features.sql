{% set today = "date '2026-06-30'" %}
select customer_id,
       count(*) as frequency,
       sum(amount) as gross,
       min(ordered_at)::date as first_order,
       max(ordered_at)::date as last_order,
       {{ today }} - max(ordered_at)::date as recency_days,
       {{ today }} - min(ordered_at)::date as tenure_days,
       avg(amount) as average_order_value,
       count(distinct ordered_at::date) as order_days,
       sum(discount) as discount,
       stddev(amount) as spread_of_amounts,
       median(amount) as median_amount
       {%- for days in (30, 90, 180, 365) %},
       count(*) filter (ordered_at >= {{ today }} - {{ days }}) as orders_{{ days }}d,
       sum(amount) filter (ordered_at >= {{ today }} - {{ days }}) as revenue_{{ days }}d
       {%- endfor %}
from {{ ref('clean_orders') }}
where status <> 'cancelled'
group by customer_id
