select * from {{ ref('order_features') }} where tenure_days < recency_days
