{% set rows %}
  select {{ key('order_no') }} as order_id, try_cast(pos as integer) as line, {{ key('sku') }} as product_id,
         try_cast(qty as integer) as quantity, {{ money('line_total') }} as amount, _row
  from {{ ref('raw_order_items') }}
{% endset %}
{{ judged(rows, 'order_id, line', '_row', {
  'no id': "order_id is null or line is null or product_id is null",
  'no amount': "amount is null or quantity is null or quantity < 0"
}) }}
