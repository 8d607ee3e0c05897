{#- Every row finds its row in the other model by all the columns named, not by one of them: an ASIN or SKU alone is not a product. -#}
{% test relationship_on(model, columns, to, to_columns=none, where_rows='true') %}
{%- set other = to_columns or columns %}
select child.*
from (select * from {{ model }} where {{ where_rows }}) as child
left join (
    select distinct {{ other | join(', ') }}, 1 as found
    from {{ to }}
) as parent
    on {% for column in columns %}child.{{ column }} = parent.{{ other[loop.index0] }}{% if not loop.last %} and {% endif %}{% endfor %}
where parent.found is null
{% endtest %}
