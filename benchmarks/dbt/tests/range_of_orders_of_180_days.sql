select * from {{ ref('order_features') }} where orders_180d > orders_365d
