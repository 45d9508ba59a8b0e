select * from {{ ref('clean_order_items') }} where quantity < 0
