-- The orders report against the Orders API, order by order. Both tell an order in its newest state, so both must tell the same state:
-- the order, its units and its prices. An order whose newest change only one of them can know yet waits.

{%- set left_source, right_source = 'Orders report', 'Orders API' %}

with marketplaces as (

    select marketplace, marketplace_id, time_zone from {{ ref('dim_marketplace') }}

),

-- An item that was cancelled alone is no sale, as in the report: what was shipped of it before is.
sold_items as (

    select
        account,
        amazon_order_id,
        order_item_id,
        coalesce(case when cancelled_by is null then quantity else quantity_fulfilled end, 0) as units
    from {{ ref('stg_api_order_items') }}
    where cancelled_by is null
        or quantity_fulfilled > 0

),

items as (

    select account, amazon_order_id, sum(units) as units
    from sold_items
    group by account, amazon_order_id

),

proceeds as (

    select
        proceeds.account,
        proceeds.amazon_order_id,
        proceeds.currency,
        sum(case when proceeds.proceeds_type = 'ITEM' then proceeds.amount end) as price
    from {{ ref('stg_api_order_item_proceeds') }} as proceeds
    inner join sold_items
        on sold_items.account = proceeds.account
        and sold_items.amazon_order_id = proceeds.amazon_order_id
        and sold_items.order_item_id = proceeds.order_item_id
    group by proceeds.account, proceeds.amazon_order_id, proceeds.currency

),

taxes as (

    select taxes.account, taxes.amazon_order_id, taxes.currency, sum(taxes.amount) as tax
    from {{ ref('stg_api_order_item_proceeds_details') }} as taxes
    inner join sold_items
        on sold_items.account = taxes.account
        and sold_items.amazon_order_id = taxes.amazon_order_id
        and sold_items.order_item_id = taxes.order_item_id
    where taxes.proceeds_type = 'TAX'
        and taxes.subtype = 'ITEM'
    group by taxes.account, taxes.amazon_order_id, taxes.currency

),

api_orders as (

    select
        orders.account,
        marketplaces.marketplace,
        orders.amazon_order_id,
        {{ local_date('orders.purchased_at', 'marketplaces.time_zone') }} as date,
        orders.last_updated_at,
        coalesce(orders.fulfillment_status, '') as status,
        case when coalesce(orders.is_cancelled, false) then 0 else 1 end as is_kept,
        case when coalesce(orders.is_cancelled, false) then 0 else coalesce(items.units, 0) end as units
    from {{ ref('stg_api_orders') }} as orders
    inner join marketplaces on marketplaces.marketplace_id = orders.marketplace_id
    left join items
        on items.account = orders.account
        and items.amazon_order_id = orders.amazon_order_id

),

-- Two sides stacked and grouped, not joined: whichever lacks an order then has nulls, and neither can multiply the other.
stacked as (

    select
        account,
        marketplace,
        amazon_order_id,
        purchase_date_local as date,
        last_updated_at as left_updated_at,
        order_status as left_status,
        case when is_cancelled then 0 else 1 end as left_kept,
        case when is_cancelled then 0 else coalesce(quantity, 0) end as left_units,
        {{ no_time() }} as right_updated_at,
        {{ no_text() }} as right_status,
        cast(null as bigint) as right_kept,
        cast(null as bigint) as right_units
    from {{ ref('fct_order_lines') }}
    where marketplace in (select marketplace from marketplaces)

    union all

    select
        account,
        marketplace,
        amazon_order_id,
        date,
        {{ no_time() }},
        {{ no_text() }},
        cast(null as bigint),
        cast(null as bigint),
        last_updated_at,
        status,
        is_kept,
        units
    from api_orders

),

orders as (

    select
        account,
        marketplace,
        amazon_order_id,
        min(date) as date,
        max(left_updated_at) as left_updated_at,
        max(left_status) as left_status,
        max(left_kept) as left_kept,
        sum(left_units) as left_units,
        max(right_updated_at) as right_updated_at,
        max(right_status) as right_status,
        max(right_kept) as right_kept,
        sum(right_units) as right_units,
        max(coalesce(left_updated_at, right_updated_at)) as newest_change
    from stacked
    group by account, marketplace, amazon_order_id

),

-- The side that lacks the newest change, and the UTC day whose document would hold it.
timed as (

    select
        orders.*,
        case
            when left_updated_at is null or date_trunc('second', left_updated_at) < date_trunc('second', right_updated_at)
                then 'orders_by_last_update'
            when right_updated_at is null or date_trunc('second', right_updated_at) < date_trunc('second', left_updated_at)
                then 'api_orders'
        end as behind,
        cast(newest_change as date) as changed_on
    from orders
    where date >= {{ reconciled_since() }}

),

known as (

    select * from {{ ref('int_reconciliation_coverage') }}
    where dataset in ('orders_by_last_update', 'api_orders')

),

judged as (

    select
        timed.*,
        case
            when timed.behind is null then {{ no_text() }}
            when known.account is null or not known.is_usable
                then case when timed.behind = 'api_orders' then '{{ right_source }}' else '{{ left_source }}' end
                    || ' does not hold ' || {{ as_text('timed.changed_on') }} || ' yet, when the order last changed: '
                    || coalesce(known.reason, 'nothing is known about that day.')
            -- The order may have changed once more before that day was read: then the day of the reading holds it.
            when known.loaded_until < cast(known.last_loaded_at as date)
                then case when timed.behind = 'api_orders' then '{{ right_source }}' else '{{ left_source }}' end
                    || ' may hold the order in the day on which it was read, and that day is not loaded yet.'
            else {{ no_text() }}
        end as waits_for
    from timed
    left join known
        on known.account = timed.account
        and known.dataset = timed.behind
        and known.date = timed.changed_on

),

prices as (

    select api_orders.account, api_orders.marketplace, api_orders.amazon_order_id, proceeds.currency, proceeds.price, taxes.tax
    from api_orders
    inner join proceeds
        on proceeds.account = api_orders.account
        and proceeds.amazon_order_id = api_orders.amazon_order_id
    left join taxes
        on taxes.account = proceeds.account
        and taxes.amazon_order_id = proceeds.amazon_order_id
        and taxes.currency = proceeds.currency
    where api_orders.is_kept = 1

),

money_rows as (

    {{ priced_orders('prices', 'judged') }}

)

{% set check = 'orders_report_vs_orders_api' -%}
{{ compared(check, 'orders', 'order', 'amazon_order_id', 'left_kept', 'right_kept', left_text='left_status', right_text='right_status', waits_for='waits_for') }}
from judged

union all

{{ compared(check, 'units', 'order', 'amazon_order_id', 'left_units', 'right_units', left_text='left_status', right_text='right_status', waits_for='waits_for') }}
from judged

union all

{{ compared(check, 'ordered_revenue', 'order', 'amazon_order_id', 'left_price', 'right_price', currency='currency', left_text='left_status', right_text='right_status', waits_for='waits_for') }}
from money_rows
