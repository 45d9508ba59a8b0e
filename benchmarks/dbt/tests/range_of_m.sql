select * from {{ ref('rfm_scores') }} where m not between 1 and 5
