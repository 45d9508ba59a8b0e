select * from {{ ref('segment_profiles') }} where customers < 1
