{% set rows %}
  select {{ key('customer') }} as customer_id, channel, purpose, event, try_cast("at" as timestamp) as given_at, _row
  from {{ ref('raw_consents') }}
{% endset %}
{{ judged(rows, 'customer_id, channel, purpose, given_at', 'given_at', {
  'no id': "customer_id is null",
  'no date': "given_at is null",
  'incomplete': "event is null or channel is null or purpose is null"
}) }}
