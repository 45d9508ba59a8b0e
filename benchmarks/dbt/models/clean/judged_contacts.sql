{% set rows %}
  select campaign, {{ key('customer_id') }} as customer_id, try_cast(contacted_at as timestamp) as contacted_at, channel, arm, _row
  from {{ ref('raw_contacts') }}
{% endset %}
{{ judged(rows, 'campaign, customer_id, contacted_at', 'contacted_at', {
  'no id': "customer_id is null",
  'no date': "contacted_at is null"
}) }}
