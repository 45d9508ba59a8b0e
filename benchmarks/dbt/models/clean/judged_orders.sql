{% set rows %}
  select {{ key('order_no') }} as order_id, {{ key('cust_no') }} as customer_id, {{ moment('order_date') }} as ordered_at,
         {{ money('total') }} as amount, {{ money('discount') }} as discount, channel, store, status,
         try_cast(last_changed as timestamp) as changed_at, _row
  from {{ ref('raw_orders') }}
{% endset %}
{{ judged(rows, 'order_id', 'changed_at', {
  'no id': "order_id is null",
  'no customer': "customer_id is null",
  'no date': "ordered_at is null",
  'no amount': "amount is null or amount < 0",
  'later': "ordered_at >= '2026-07-01'"
}) }}
