select * from {{ ref('channel_features') }} where share_app not between 0 and 1
