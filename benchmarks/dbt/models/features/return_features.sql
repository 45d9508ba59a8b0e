select orders.customer_id, count(*) as returns, sum(back.amount) as refunded
from {{ ref('clean_returns') }} back
join {{ ref('clean_orders') }} orders using (order_id)
group by orders.customer_id
