select customer_id,
       case when coalesce(frequency, 0) = 0 then 'prospect'
            when tenure_days <= 60 then 'new'
            when last_gap > 180 and recency_days <= 60 then 'reactivated'
            when recency_days <= 90 then 'active'
            when recency_days <= 180 then 'at_risk'
            when recency_days <= 365 then 'dormant'
            else 'lost' end as lifecycle
from {{ ref('customer_features') }}
