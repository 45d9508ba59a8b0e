{# A row where the clean table has not the newest good version of each record. #}
{% macro every_row_once(name) %}
select 1
from (select count(*) as rows from {{ ref('judged_' ~ name) }} where reason is null and place = 1) good,
     (select count(*) as rows from {{ ref('clean_' ~ name) }}) clean
where good.rows <> clean.rows
{% endmacro %}
