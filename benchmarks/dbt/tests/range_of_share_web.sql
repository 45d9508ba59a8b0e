select * from {{ ref('channel_features') }} where share_web not between 0 and 1
