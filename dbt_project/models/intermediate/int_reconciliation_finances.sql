-- The orders report against Finances, order by order: what the report says was shipped must have been charged. Finances posts on
-- shipment, whenever that is, so an order is compared with all its shipments and never one day with another.

{%- set check = 'orders_report_vs_finances' %}
{%- set posted_within = var('reconciliation_posting_days', 2) | int %}

with marketplaces as (

    select marketplace, marketplace_id, time_zone from {{ ref('dim_marketplace') }}

),

-- When held back money is released Amazon may post it again: the same money.
shipments as (

    select
        transactions.account,
        marketplaces.marketplace,
        marketplaces.time_zone,
        transactions.transaction_id,
        transactions.amazon_order_id,
        transactions.posted_at
    from {{ ref('stg_finance_transactions') }} as transactions
    inner join marketplaces on marketplaces.marketplace_id = transactions.marketplace_id
    left join {{ ref('int_finance_repeats') }} as repeats
        on repeats.account = transactions.account
        and repeats.transaction_id = transactions.transaction_id
    where lower(transactions.transaction_type) = 'shipment'
        and transactions.amazon_order_id is not null
        and repeats.transaction_id is null

),

shipped_items as (

    select account, transaction_id, sum(coalesce(quantity, 0)) as units
    from {{ ref('stg_finance_items') }}
    group by account, transaction_id

),

-- Prices are the amounts below ProductCharges; where Amazon books their tax apart, it is OurPriceTax. The ledger has each of them once,
-- whether Amazon tells it by item or by transaction.
amounts as (

    select
        account,
        transaction_id,
        currency,
        sum(case when lower(breakdown_path) like '%productcharges%' and lower(breakdown_type) not like '%tax%' then amount end) as charges,
        sum(case when lower(breakdown_type) = 'ourpricetax' then amount end) as tax
    from {{ ref('fct_financial_ledger') }}
    where lower(breakdown_path) like '%productcharges%'
        or lower(breakdown_type) = 'ourpricetax'
    group by account, transaction_id, currency

),

stacked as (

    select
        account,
        marketplace,
        amazon_order_id,
        purchase_date_local as date,
        cast(purchased_at as date) as purchased_on,
        last_updated_at,
        case when lower(order_status) like 'shipped%' then 1 else 0 end as is_shipped,
        case when is_cancelled then 0 else coalesce(quantity, 0) end as left_units,
        case when is_cancelled then 0 else coalesce(item_price, 0) end as asked,
        order_status as left_status,
        cast(null as date) as posted_date,
        {{ no_time() }} as first_posted_at,
        {{ no_time() }} as last_posted_at,
        cast(null as bigint) as right_units
    from {{ ref('fct_order_lines') }}
    where marketplace in (select marketplace from marketplaces)

    union all

    select
        shipments.account,
        shipments.marketplace,
        shipments.amazon_order_id,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        {{ local_date('shipments.posted_at', 'shipments.time_zone') }},
        shipments.posted_at,
        shipments.posted_at,
        coalesce(shipped_items.units, 0)
    from shipments
    left join shipped_items
        on shipped_items.account = shipments.account
        and shipped_items.transaction_id = shipments.transaction_id

),

orders as (

    select
        account,
        marketplace,
        amazon_order_id,
        -- An order that the report lacks stands on the day on which Finances first charged it.
        coalesce(min(date), min(posted_date)) as date,
        min(purchased_on) as purchased_on,
        max(last_updated_at) as last_updated_at,
        max(is_shipped) as is_shipped,
        sum(left_units) as left_units,
        sum(asked) as asked,
        max(left_status) as left_status,
        min(first_posted_at) as first_posted_at,
        max(last_posted_at) as last_posted_at,
        sum(right_units) as right_units
    from stacked
    group by account, marketplace, amazon_order_id

),

-- Only what was shipped whole, or charged, can agree: orders that wait for their shipment are no part of this check.
due as (

    select * from orders
    where date >= {{ reconciled_since() }}
        and (is_shipped = 1 or first_posted_at is not null)

),

known as (

    select * from {{ ref('int_reconciliation_coverage') }}

),

-- Days between the purchase and some days after the last change: Finances must be loaded for good on all of them.
finance_days as (

    select
        due.account,
        due.marketplace,
        due.amazon_order_id,
        sum(case when known.is_final then 1 else 0 end) as final_days,
        min(case when known.is_final then {{ no_text() }} else known.reason end) as reason
    from due
    inner join known
        on known.account = due.account
        and known.dataset = 'finance_transactions'
        and known.date >= due.purchased_on
        and known.date <= {{ add_days('cast(due.last_updated_at as date)', posted_within) }}
    group by due.account, due.marketplace, due.amazon_order_id

),

judged as (

    select
        due.account,
        due.marketplace,
        due.date,
        due.amazon_order_id,
        due.left_units,
        due.right_units,
        due.left_status,
        case
            when due.is_shipped = 1 and coalesce(finance_days.final_days, 0)
                < {{ days_between('due.purchased_on', 'cast(due.last_updated_at as date)') }} + 1 + {{ posted_within }}
                then 'Finances may post the order, or a part of it, on a day that is not loaded for good yet. '
                    || coalesce(finance_days.reason, '')
            when due.is_shipped = 1 then {{ no_text() }}
            when due.is_shipped = 0 and due.last_updated_at >= due.last_posted_at
                then 'The orders report does not show the order as shipped whole.'
            when reported.account is null or not reported.is_usable
                then 'The orders report does not hold ' || {{ as_text('cast(due.last_posted_at as date)') }}
                    || ' yet, when Finances charged the order: ' || coalesce(reported.reason, 'nothing is known about that day.')
            when reported.loaded_until < cast(reported.last_loaded_at as date)
                then 'The orders report may hold the order in the day on which it was read, and that day is not loaded yet.'
            else {{ no_text() }}
        end as waits_for,
        case
            when due.first_posted_at is null and due.asked = 0 then 'Nothing was asked for the order, such as a replacement.'
            else {{ no_text() }}
        end as excluded_because
    from due
    left join finance_days
        on finance_days.account = due.account
        and finance_days.marketplace = due.marketplace
        and finance_days.amazon_order_id = due.amazon_order_id
    left join known as reported
        on reported.account = due.account
        and reported.dataset = 'orders_by_last_update'
        and reported.date = cast(due.last_posted_at as date)

),

prices as (

    select shipments.account, shipments.marketplace, shipments.amazon_order_id, amounts.currency, sum(amounts.charges) as price,
        sum(amounts.tax) as tax
    from shipments
    inner join amounts
        on amounts.account = shipments.account
        and amounts.transaction_id = shipments.transaction_id
    group by shipments.account, shipments.marketplace, shipments.amazon_order_id, amounts.currency

),

money_rows as (

    {{ priced_orders('prices', 'judged') }}

)

{{ compared(check, 'units', 'order', 'amazon_order_id', 'left_units', 'right_units', left_text='left_status', waits_for='waits_for', excluded_because='excluded_because') }}
from judged

union all

{{ compared(check, 'product_charges', 'order', 'amazon_order_id', 'left_price', 'right_price', currency='currency', left_text='left_status', waits_for='waits_for', excluded_because='excluded_because') }}
from money_rows
