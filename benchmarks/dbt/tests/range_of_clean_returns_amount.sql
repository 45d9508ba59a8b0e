select * from {{ ref('clean_returns') }} where amount < 0
