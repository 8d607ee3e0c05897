-- The inventory report against the FBA Inventory API, SKU by SKU of one UTC day. The two look an hour or so apart; Amazon says when a
-- SKU's quantities last changed, so what rested must agree and what moved may differ a little, or, of looks that lie far apart, says
-- nothing. Units on their way to Amazon are left
-- out: Amazon does not tell when those change. The report lists active SKUs only, so the API may know units of others.

{%- set check = 'inventory_report_vs_inventory_api' %}
{%- set measures = ['fulfillable_units', 'reserved_units', 'unsellable_units'] %}
{%- set apart = var('reconciliation_stock_apart_hours', 3) | int %}
{%- set cached = var('reconciliation_stock_cached_minutes', 30) | int %}

with reported as (

    select * from {{ ref('int_reconciliation_stock_report') }}

),

-- When the store's report was made: a SKU it lacks has no row to tell it.
made as (

    select account, marketplace, date, max(made_at) as made_at
    from reported
    group by account, marketplace, date

),

answered as (

    select account, marketplace, date, sku, sum(fulfillable_units) as fulfillable_units, sum(reserved_units) as reserved_units,
        sum(unsellable_units) as unsellable_units, max(last_updated_at) as changed_at, max(read_at) as read_at
    from {{ ref('stg_fba_inventory_summaries') }}
    where date >= {{ reconciled_since() }}
    group by account, marketplace, date, sku

),

stacked as (

    select account, marketplace, date, sku,
        {% for measure in measures -%}
        {{ measure }} as left_{{ measure }}, cast(null as bigint) as right_{{ measure }},
        {% endfor -%}
        {{ no_time() }} as changed_at, {{ no_time() }} as read_at
    from reported

    union all

    select account, marketplace, date, sku,
        {% for measure in measures -%}
        null, {{ measure }},
        {% endfor -%}
        changed_at, read_at
    from answered

),

skus as (

    select account, marketplace, date, sku,
        {% for measure in measures -%}
        sum(left_{{ measure }}) as left_{{ measure }}, sum(right_{{ measure }}) as right_{{ measure }},
        {% endfor -%}
        max(changed_at) as changed_at, max(read_at) as read_at
    from stacked
    group by account, marketplace, date, sku

),

active as (

    {{ active_skus() }}

),

looked as (

    select
        skus.*,
        -- Amazon's instant of the last change tells what moved before its answer: nothing of what moved after it, and the report's numbers
        -- are some minutes old when it is made.
        case
            when skus.read_at < made.made_at then 1
            when skus.changed_at is null and skus.read_at is not null then 1
            when skus.changed_at >= {{ add_minutes('made.made_at', -cached) }} then 1
            else 0
        end as has_moved,
        case
            when skus.read_at > {{ add_minutes('made.made_at', 60 * apart) }} then 1
            when skus.read_at < {{ add_minutes('made.made_at', -60 * apart) }} then 1
            else 0
        end as is_far_apart,
        case when active.sku is null then 0 else 1 end as is_active
    from skus
    left join made
        on made.account = skus.account
        and made.marketplace = skus.marketplace
        and made.date = skus.date
    left join active
        on active.account = skus.account
        and active.marketplace = skus.marketplace
        and active.date = skus.date
        and active.sku = skus.sku

),

compared_skus as (

    select
        *,
        case
            when left_fulfillable_units is null and is_active = 0
                then {{ is_not_active() }}
            when has_moved = 1 and is_far_apart = 1
                then 'Its units moved, and the two looks lie more than {{ apart }} hours apart: any difference may be sales.'
            else {{ no_text() }}
        end as excluded_because
    from looked

)

{% for measure in measures -%}
{{ compared(check, measure, 'SKU', 'sku', 'left_' ~ measure, 'right_' ~ measure, extra='has_moved', excluded_because='excluded_because') }}
from compared_skus
{% if not loop.last %}
union all

{% endif %}
{%- endfor %}
