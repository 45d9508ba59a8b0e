select customer_id,
       ntile(5) over (order by recency_days desc) as r,
       ntile(5) over (order by frequency) as f,
       ntile(5) over (order by gross) as m
from {{ ref('customer_features') }}
where frequency > 0
