select * from {{ ref('clean_orders') }} where discount < 0
