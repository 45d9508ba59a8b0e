select customer_id,
       max(contacted_at) as last_contact,
       count(*) filter (contacted_at >= date '2026-06-30' - 30) as contacts_30d
from {{ ref('clean_contacts') }}
group by customer_id
