select * from {{ ref('clean_orders') }} where amount < 0
