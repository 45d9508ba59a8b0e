select features.*, scores.rfm, tiers.value_tier, stages.lifecycle
from {{ ref('customer_features') }} features
left join {{ ref('rfm_segments') }} scores using (customer_id)
left join {{ ref('value_tier') }} tiers using (customer_id)
left join {{ ref('lifecycle') }} stages using (customer_id)
