select * from {{ ref('audience_win_back') }} where rank < 1
