select customer_id, channel, arg_max(event, given_at) as state
from {{ ref('clean_consents') }}
group by customer_id, channel
