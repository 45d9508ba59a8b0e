{% set rows %}
  select {{ key('customer_id') }} as customer_id, reason as why, try_cast(suppressed_at as timestamp) as suppressed_at, _row
  from {{ ref('raw_suppressions') }}
{% endset %}
{{ judged(rows, 'customer_id', 'suppressed_at', {
  'no id': "customer_id is null"
}) }}
