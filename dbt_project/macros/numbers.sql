{#- Division that says null instead of failing or pretending, in double precision: for rates and averages, never for money kept. -#}
{% macro ratio(numerator, denominator) -%}
cast({{ numerator }} as double precision) / nullif(cast({{ denominator }} as double precision), 0)
{%- endmacro %}


{#- Money keeps four decimals through sums: without the cast the engines widen to different precisions. -#}
{% macro money(expression) %}cast({{ expression }} as decimal(18, 4)){% endmacro %}


{#- Whole units as a bigint, whatever the engine makes of a sum. -#}
{% macro units(expression) %}cast({{ expression }} as bigint){% endmacro %}
