select customer_id, segmentation, segment
from (select customer_id, rfm, value_tier, lifecycle, country from {{ ref('customer_profile') }})
unpivot (segment for segmentation in (rfm, value_tier, lifecycle, country))
