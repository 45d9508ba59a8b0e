select * from {{ ref('order_features') }} where recency_days < 0
