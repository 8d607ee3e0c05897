{#- How looks at a thing that is read again and again become its history. -#}

{#- One row a state: what the first look that showed it said, `valid_from` that look until `valid_to` the first that showed another
    state (null while it holds), `last_read_at` and the number of `readings`. `looks` have `read_at`, a text `state` that two looks
    share when they show the same, and `is_present`: a look without an answer ends the state before it and is none itself. -#}
{% macro states_of(looks, keys) -%}
{%- set key = keys | join(', ') -%}
with marked as (

    select
        looks.*,
        case
            when lag(state) over (partition by {{ key }} order by read_at) = state then 0
            else 1
        end as is_change
    from {{ looks }} as looks

),

numbered as (

    select
        marked.*,
        sum(is_change) over (
            partition by {{ key }} order by read_at rows between unbounded preceding and current row
        ) as state_number
    from marked

),

ranked as (

    select
        numbered.*,
        row_number() over (partition by {{ key }}, state_number order by read_at) as look_in_state,
        min(read_at) over (partition by {{ key }}, state_number) as valid_from,
        max(read_at) over (partition by {{ key }}, state_number) as last_read_at,
        {{ units('count(*) over (partition by ' ~ key ~ ', state_number)') }} as readings
    from numbered

),

followed as (

    select
        ranked.*,
        lead(valid_from) over (partition by {{ key }} order by state_number) as valid_to
    from ranked
    where look_in_state = 1

)

select
    followed.*,
    row_number() over (partition by {{ key }} order by valid_from) as version,
    valid_to is null as is_current
from followed
where is_present
{%- endmacro %}
