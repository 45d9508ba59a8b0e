select members.segmentation, members.segment, count(*) as customers, sum(profile.gross) as revenue
from {{ ref('customer_segments') }} members
join {{ ref('customer_profile') }} profile using (customer_id)
group by members.segmentation, members.segment
