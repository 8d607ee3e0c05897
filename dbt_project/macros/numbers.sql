{#- Division that says null instead of failing or pretending, in double precision: for rates and averages, never for money kept. -#}
{% macro ratio(numerator, denominator) -%}
cast({{ numerator }} as double precision) / nullif(cast({{ denominator }} as double precision), 0)
{%- endmacro %}


{#- Money keeps four decimals through sums: without the cast the engines widen to different precisions. -#}
{% macro money(expression) %}cast({{ expression }} as decimal(18, 4)){% endmacro %}


{#- Whole units as a bigint, whatever the engine makes of a sum. -#}
{% macro units(expression) %}cast({{ expression }} as bigint){% endmacro %}


{#- Of two ways to say the same amount, the one nearer to another source's; null when the first is null. For prices that one source
    tells with tax and the other without. -#}
{% macro nearer(amount, tax, to) -%}
case
    when abs(coalesce({{ amount }}, 0) + coalesce({{ tax }}, 0) - coalesce({{ to }}, 0))
        < abs(coalesce({{ amount }}, 0) - coalesce({{ to }}, 0)) then {{ amount }} + coalesce({{ tax }}, 0)
    else {{ amount }}
end
{%- endmacro %}
