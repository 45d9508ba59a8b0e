{% macro audience(rule) %}
select profile.customer_id,
       row_number() over (order by profile.gross desc) as rank,
       hash(profile.customer_id) % 10 = 0 as holdout
from {{ ref('customer_profile') }} profile
join {{ ref('consent_state') }} consent
  on consent.customer_id = profile.customer_id and consent.channel = 'email' and consent.state = 'opt_in'
left join {{ ref('clean_suppressions') }} suppressed on suppressed.customer_id = profile.customer_id
left join {{ ref('contact_features') }} contacted on contacted.customer_id = profile.customer_id
where {{ rule }} and suppressed.customer_id is null and coalesce(contacted.contacts_30d, 0) = 0
{% endmacro %}
