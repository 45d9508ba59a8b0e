{% set rows %}
  select {{ key('return_no') }} as return_id, {{ key('order_no') }} as order_id, {{ moment('return_date') }} as returned_at,
         {{ money('refund') }} as amount, reason as why, _row
  from {{ ref('raw_returns') }}
{% endset %}
{{ judged(rows, 'return_id', 'returned_at', {
  'no order': "order_id is null",
  'no date': "returned_at is null",
  'no amount': "amount is null or amount < 0"
}) }}
