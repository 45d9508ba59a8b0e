{% set rows %}
  select {{ key('cust_no') }} as customer_id, try_cast(registered as timestamp) as signed_up_at, email, phone,
         try_strptime(birthday, '%d.%m.%Y')::date as birth_date, country, state, lang, sex,
         try_cast(changed_at as timestamp) as changed_at, _row
  from {{ ref('raw_customers') }}
{% endset %}
{{ judged(rows, 'customer_id', 'changed_at', {
  'no id': "customer_id is null",
  'no date': "signed_up_at is null"
}) }}
