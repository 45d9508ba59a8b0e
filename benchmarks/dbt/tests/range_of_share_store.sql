select * from {{ ref('channel_features') }} where share_store not between 0 and 1
