with gaps as (
  select customer_id,
         ordered_at::date as day,
         ordered_at::date - lag(ordered_at::date) over (partition by customer_id order by ordered_at) as gap
  from {{ ref('clean_orders') }}
)
select customer_id, avg(gap) as average_gap, max(gap) as longest_gap, last(gap order by day) as last_gap
from gaps
group by customer_id
