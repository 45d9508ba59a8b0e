with baskets as (
  select order_id, count(*) as lines, sum(quantity) as quantity from {{ ref('clean_order_items') }} group by order_id
)
select orders.customer_id, avg(lines) as average_lines, avg(quantity) as average_quantity
from baskets
join {{ ref('clean_orders') }} orders using (order_id)
group by orders.customer_id
