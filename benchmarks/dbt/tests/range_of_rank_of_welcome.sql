select * from {{ ref('audience_welcome') }} where rank < 1
