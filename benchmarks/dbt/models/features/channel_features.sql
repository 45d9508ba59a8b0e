select customer_id,
       avg((channel = 'Online Shop')::int) as share_web,
       avg((channel = 'Filiale')::int) as share_store,
       avg((channel = 'App')::int) as share_app
from {{ ref('clean_orders') }}
group by customer_id
