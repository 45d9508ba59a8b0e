select * from {{ ref('order_features') }} where orders_90d > orders_180d
