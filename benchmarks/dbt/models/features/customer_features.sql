select customers.customer_id, customers.country, customers.lang, customers.sex,
       {%- for table in ('orders', 'returns', 'channels', 'gaps', 'baskets') %}
       {{ table }}.* exclude (customer_id){{ "," if not loop.last }}
       {%- endfor %}
from {{ ref('clean_customers') }} customers
left join {{ ref('order_features') }} orders using (customer_id)
left join {{ ref('return_features') }} returns using (customer_id)
left join {{ ref('channel_features') }} channels using (customer_id)
left join {{ ref('gap_features') }} gaps using (customer_id)
left join {{ ref('basket_features') }} baskets using (customer_id)
