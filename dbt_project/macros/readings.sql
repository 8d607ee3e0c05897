{#- APIs are read again and again: which of several readings of the same thing counts. Every page is stamped with the instant at which
    Amazon answered (`read_at`), and the rows of all datasets of one page share it. -#}

{#- The newest first; what was loaded later, or stands later in its document, decides between rows of one instant. -#}
{% macro newest_first(alias='') %}
{%- set at = alias ~ '.' if alias else '' -%}
{{ at }}read_at desc, {{ at }}_loaded_at desc, {{ at }}_report_id desc, {{ at }}_row desc
{%- endmacro %}


{#- One row a key: the newest. For datasets whose rows stand for themselves (an order, a payout, a listing). -#}
{% macro newest_per_key(relation, keys) -%}
select ranked.*
from (
    select
        readings.*,
        row_number() over (partition by {{ keys | join(', ') }} order by {{ newest_first() }}) as recency
    from {{ relation }} as readings
) as ranked
where ranked.recency = 1
{%- endmacro %}


{#- The rows of a sub-table (issues of a listing, images of an item) that the newest reading of their parent has. A row that is gone
    from that reading is gone: the newest row per key would keep it for ever. `parents` are all datasets that tell of a reading of
    the parent, the one of missing parents included; `parent_keys` name the parent in all of them, `row_keys` the row in its parent. -#}
{% macro of_newest_reading(children, parents, parent_keys, row_keys) -%}
with children as (

    select * from {{ children }}

),

{# Tables apart from the join: DuckDB would take the DATE of a folder's hive_types for a column of the joined rows. -#}
looks as (

    {% for parent in parents -%}
    select {{ parent_keys | join(', ') }}, read_at from {{ parent }}
    {% if not loop.last %}union all {% endif %}
    {%- endfor %}
),

newest as (

    select {{ parent_keys | join(', ') }}, max(read_at) as read_at
    from looks
    group by {{ parent_keys | join(', ') }}

),

ranked as (

    select
        children.*,
        row_number() over (
            partition by {% for key in parent_keys + row_keys %}children.{{ key }}{% if not loop.last %}, {% endif %}{% endfor %}
            order by {{ newest_first('children') }}
        ) as recency
    from children
    inner join newest
        on newest.read_at = children.read_at
        {% for key in parent_keys -%}
        and newest.{{ key }} = children.{{ key }}
        {% endfor %}
)

select * from ranked where recency = 1
{%- endmacro %}


{#- Every reading's rows once: the same page kept in two objects (a day's reading and a refresh) is one reading. -#}
{% macro every_reading(relation, keys) -%}
{{ newest_per_key(relation, keys + ['read_at']) }}
{%- endmacro %}


{#- Every look at a thing once, whether Amazon answered (`is_present`, a row of `present` with its `columns`) or not (a row of `missing`,
    without them); of one instant's several copies, the one with an answer. `reading_number` counts a thing's looks from 1. -#}
{% macro every_look(present, missing, keys, columns) -%}
{%- set trail = ['read_at', '_report_id', '_document_sha256', '_row', '_loaded_at'] -%}
with looks as (

    select {{ keys | join(', ') }}, true as is_present, {{ (columns + trail) | join(', ') }}
    from {{ present }}

    union all

    select {{ keys | join(', ') }}, false as is_present, null as {{ columns | join(', null as ') }}, {{ trail | join(', ') }}
    from {{ missing }}

),

ranked as (

    select
        looks.*,
        row_number() over (
            partition by {{ keys | join(', ') }}, read_at
            order by case when is_present then 0 else 1 end, {{ newest_first() }}
        ) as copy_number
    from looks

)

select
    ranked.*,
    row_number() over (partition by {{ keys | join(', ') }} order by read_at) as reading_number
from ranked
where copy_number = 1
{%- endmacro %}


{#- One text that differs when any of the columns does; null differs from every value. All columns must be texts. -#}
{% macro fingerprint(columns) %}{{ return(adapter.dispatch('fingerprint', 'spapi')(columns)) }}{% endmacro %}

{% macro told_apart(columns) -%}
{% for column in columns %}coalesce('=' || {{ column }}, '-'){% if not loop.last %} || '|' || {% endif %}{% endfor %}
{%- endmacro %}

{% macro default__fingerprint(columns) %}md5({{ told_apart(columns) }}){% endmacro %}

{#- Athena's md5 takes and gives bytes. -#}
{% macro athena__fingerprint(columns) %}to_hex(md5(to_utf8({{ told_apart(columns) }}))){% endmacro %}


{#- A number, day or flag as a text for a fingerprint: short, so that no engine cuts it. -#}
{% macro as_text(expression) %}cast({{ expression }} as varchar(64)){% endmacro %}


{#- Where a row came from, and when. -#}
{% macro lineage() -%}
_report_id,
    _document_sha256,
    _row,
    {{ utc_timestamp('_loaded_at') }} as loaded_at
{%- endmacro %}


{#- Of messages about the same thing, the one that tells of it last, in whatever order they came; a message delivered twice is one. -#}
{% macro newest_told(relation, keys) -%}
select ranked.*
from (
    select
        messages.*,
        row_number() over (
            partition by {{ keys | join(', ') }}
            order by coalesce(event_time, published_at, read_at) desc, coalesce(published_at, read_at) desc, {{ newest_first() }}
        ) as recency
    from {{ relation }} as messages
) as ranked
where ranked.recency = 1
{%- endmacro %}
