select * from {{ ref('rfm_scores') }} where f not between 1 and 5
