-- The inventory report against the inventory ledger, SKU by SKU. The report is made during a day of the store: it holds the ledger's
-- opening balance of that day and whatever moved before it was made, so it lies between what the day's departures and its arrivals
-- allow. All conditions and countries together: one store's ledger covers the stock that the store sells from. The report lists active
-- SKUs only, so the ledger may know units of others (archived, stranded).

{%- set check = 'inventory_report_vs_ledger' %}
{%- set movements = ['receipts', 'customer_shipments', 'customer_returns', 'vendor_returns', 'warehouse_transfers', 'found', 'lost', 'damaged', 'disposed', 'other_events', 'unknown_events'] %}

with reported as (

    select * from {{ ref('int_reconciliation_stock_report') }}

),

days as (

    select distinct account, marketplace, date, local_day from reported

),

balances as (

    select
        account,
        marketplace,
        date as local_day,
        sku,
        sum(opening_units) as opening_units,
        sum({% for movement in movements %}case when {{ movement }} > 0 then {{ movement }} else 0 end{% if not loop.last %}
            + {% endif %}{% endfor %}) as arrivals,
        sum({% for movement in movements %}case when {{ movement }} < 0 then -{{ movement }} else 0 end{% if not loop.last %}
            + {% endif %}{% endfor %}) as departures
    from {{ ref('stg_ledger_summary') }}
    where date >= {{ add_days(reconciled_since(), -1) }}
    group by account, marketplace, date, sku

),

stacked as (

    select account, marketplace, date, sku, warehouse_units, cast(null as bigint) as opening_units, 0 as arrivals, 0 as departures
    from reported

    union all

    select days.account, days.marketplace, days.date, balances.sku, null, balances.opening_units, balances.arrivals, balances.departures
    from days
    inner join balances
        on balances.account = days.account
        and balances.marketplace = days.marketplace
        and balances.local_day = days.local_day

),

skus as (

    select account, marketplace, date, sku, sum(warehouse_units) as warehouse_units, sum(opening_units) as opening_units,
        sum(arrivals) as arrivals, sum(departures) as departures
    from stacked
    group by account, marketplace, date, sku

),

active as (

    {{ active_skus() }}

),

explained as (

    select
        skus.*,
        case
            when skus.warehouse_units is null and active.sku is null
                then {{ is_not_active() }}
            else {{ no_text() }}
        end as excluded_because
    from skus
    left join active
        on active.account = skus.account
        and active.marketplace = skus.marketplace
        and active.date = skus.date
        and active.sku = skus.sku

)

{{ compared(check, 'warehouse_units', 'SKU', 'sku', 'warehouse_units', 'opening_units', extra='case when coalesce(warehouse_units, 0) > coalesce(opening_units, 0) then arrivals else departures end', excluded_because='excluded_because') }}
from explained
