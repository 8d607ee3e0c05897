-- Profit per SKU and week: what was ordered beside what was settled. Both sides are stacked and summed, not joined,
-- so that neither can multiply the other; the currency is part of the grain, so that money is never added across currencies.

{%- set components = ['revenue', 'promotions', 'refunds', 'fees', 'advertising', 'other', 'tax', 'reserve', 'payout'] %}

with stacked as (

    select
        account, marketplace, currency, sku, week_start,
        ordered_units, ordered_sales, ordered_promotion_discount,
        0 as settled_units,
        {% for component in components -%}
        0 as {{ component }}{% if not loop.last %}, {% endif %}
        {%- endfor %}
    from {{ ref('int_sku_week_orders') }}

    union all

    select
        account, marketplace, currency, sku, week_start,
        0 as ordered_units, 0 as ordered_sales, 0 as ordered_promotion_discount,
        settled_units,
        {{ components | join(', ') }}
    from {{ ref('int_sku_week_settled') }}

),

summed as (

    select
        account,
        marketplace,
        currency,
        sku,
        week_start,
        {{ units('sum(ordered_units)') }} as ordered_units,
        {{ money('sum(ordered_sales)') }} as ordered_sales,
        {{ money('sum(ordered_promotion_discount)') }} as ordered_promotion_discount,
        {{ units('sum(settled_units)') }} as settled_units,
        {% for component in components -%}
        {{ money('sum(' ~ component ~ ')') }} as {{ component }}{% if not loop.last %},
        {% endif %}
        {%- endfor %}
    from stacked
    group by account, marketplace, currency, sku, week_start

)

select
    account,
    marketplace,
    currency,
    sku,
    week_start,
    ordered_units,
    ordered_sales,
    ordered_promotion_discount,
    settled_units,
    revenue,
    promotions,
    refunds,
    fees,
    advertising,
    other,
    {{ money('revenue + promotions + refunds + fees + advertising + other') }} as net_proceeds,
    tax,
    reserve,
    payout
from summed
