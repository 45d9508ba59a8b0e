select * from {{ ref('rfm_scores') }} where r not between 1 and 5
