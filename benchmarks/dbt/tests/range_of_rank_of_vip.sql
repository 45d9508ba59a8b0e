select * from {{ ref('audience_vip') }} where rank < 1
