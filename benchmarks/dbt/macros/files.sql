{% macro csv(name) %}
select *, filename as _file, row_number() over () as _row
from read_csv('{{ env_var("RAW") }}/{{ name }}', all_varchar = true, filename = true, union_by_name = true,
              null_padding = true, ignore_errors = true, parallel = false)
{% endmacro %}

{% macro key(column) %}upper(trim({{ column }})){% endmacro %}

{% macro moment(column) %}
coalesce(try_cast({{ column }} as timestamp), try_strptime({{ column }}, '%d.%m.%Y %H:%M'))
{% endmacro %}

{% macro money(column) %}try_cast({{ column }} as decimal(18, 2)){% endmacro %}
