select * from {{ ref('order_features') }} where order_days > frequency
