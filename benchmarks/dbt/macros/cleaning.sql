{# Every row read, with what is wrong with it and its place among the versions of the same record, newest first. #}
{% macro judged(rows, record, version, problems) %}
with typed as ({{ rows }})
select *,
       case {% for reason, wrong in problems.items() %} when {{ wrong }} then '{{ reason }}' {% endfor %} end as reason,
       row_number() over (partition by {{ record }} order by {{ version }} desc nulls last, _row desc) as place
from typed
{% endmacro %}

{% macro kept(model) %}select * exclude (reason, place) from {{ model }} where reason is null and place = 1{% endmacro %}

{% macro refused(model) %}select * from {{ model }} where reason is not null{% endmacro %}
