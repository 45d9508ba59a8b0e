select * from {{ ref('order_features') }} where orders_30d > orders_90d
