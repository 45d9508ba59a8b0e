with ranked as (
  select customer_id, percent_rank() over (order by gross desc) as share
  from {{ ref('customer_features') }}
  where frequency > 0
)
select customer_id,
       case when share <= 0.05 then 'platinum' when share <= 0.2 then 'gold' when share <= 0.5 then 'silver' else 'bronze' end as value_tier
from ranked
