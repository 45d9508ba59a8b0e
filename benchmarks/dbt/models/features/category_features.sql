select orders.customer_id, products.category, sum(items.amount) as revenue, count(distinct order_id) as orders
from {{ ref('clean_order_items') }} items
join {{ ref('clean_orders') }} orders using (order_id)
join {{ ref('raw_products') }} products using (product_id)
group by orders.customer_id, products.category
