select *,
       case when r >= 4 and f >= 4 then 'champions'
            when f >= 4 then 'loyal'
            when r >= 4 then 'recent'
            when r <= 2 and f >= 3 then 'at_risk'
            else 'hibernating' end as rfm
from {{ ref('rfm_scores') }}
