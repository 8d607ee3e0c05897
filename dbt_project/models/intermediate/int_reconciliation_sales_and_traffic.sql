-- The orders report against Sales and Traffic, SKU by SKU on the store's day of the purchase. Sales and Traffic counts what was
-- ordered: pending orders too, and cancelled ones as they were ordered, for which the report keeps the line without units and price.

{%- set check = 'orders_report_vs_sales_and_traffic' %}

with ordered as (

    select
        account,
        marketplace,
        purchase_date_local as date,
        coalesce(sku, '(no SKU)') as sku,
        count(*) as lines,
        sum(coalesce(quantity, 0)) as units,
        sum(case when is_cancelled and coalesce(quantity, 0) = 0 then 1 else 0 end) as cancelled_lines,
        sum(case when is_cancelled and not is_priced then 1 else 0 end) as unpriced_cancelled_lines,
        sum(case when is_priced or is_cancelled then 0 else 1 end) as unpriced_lines,
        max(case when is_priced and quantity > 0 then {{ ratio('item_price', 'quantity') }} end) as unit_price
    from {{ ref('fct_order_lines') }}
    where marketplace in (select marketplace from {{ ref('dim_marketplace') }})
    group by account, marketplace, purchase_date_local, coalesce(sku, '(no SKU)')

),

attributed as (

    select
        account,
        marketplace,
        date,
        coalesce(sku, '(no SKU)') as sku,
        sum(coalesce(order_items, 0)) as lines,
        sum(coalesce(units_ordered, 0)) as units,
        sum(coalesce(ordered_product_sales, 0)) as sales
    from {{ ref('stg_sales_and_traffic_by_asin') }}
    group by account, marketplace, date, coalesce(sku, '(no SKU)')

),

sums as (

    select account, marketplace, date, sum(lines) as lines, sum(units) as units, sum(sales) as sales
    from attributed
    group by account, marketplace, date

),

-- The store's total of the day is what Amazon reports; what it attributes to no product is a row of its own.
counted as (

    select account, marketplace, date, sku, lines, units, sales from attributed

    union all

    select
        totals.account,
        totals.marketplace,
        totals.date,
        '(no product)',
        totals.order_items - coalesce(sums.lines, 0),
        totals.units_ordered - coalesce(sums.units, 0),
        totals.ordered_product_sales - coalesce(sums.sales, 0)
    from {{ ref('stg_sales_and_traffic_by_date') }} as totals
    left join sums
        on sums.account = totals.account
        and sums.marketplace = totals.marketplace
        and sums.date = totals.date

),

stacked as (

    select
        account, marketplace, date, sku, lines as left_lines, units as left_units, cancelled_lines, unpriced_cancelled_lines,
        unpriced_lines, unit_price, cast(null as bigint) as right_lines, cast(null as bigint) as right_units
    from ordered

    union all

    select account, marketplace, date, sku, null, null, 0, 0, 0, null, lines, units from counted

),

products as (

    select
        account,
        marketplace,
        date,
        sku,
        sum(left_lines) as left_lines,
        sum(left_units) as left_units,
        sum(right_lines) as right_lines,
        sum(right_units) as right_units,
        sum(cancelled_lines) as cancelled_lines,
        sum(unpriced_cancelled_lines) as unpriced_cancelled_lines,
        sum(unpriced_lines) as unpriced_lines,
        max(unit_price) as unit_price
    from stacked
    where date >= {{ reconciled_since() }}
    group by account, marketplace, date, sku

),

money_stacked as (

    select account, marketplace, purchase_date_local as date, coalesce(sku, '(no SKU)') as sku, currency, sum(item_price) as left_sales,
        cast(null as decimal(18, 4)) as right_sales
    from {{ ref('fct_order_lines') }}
    where is_priced
    group by account, marketplace, purchase_date_local, coalesce(sku, '(no SKU)'), currency

    union all

    select counted.account, counted.marketplace, counted.date, counted.sku, totals.currency, null, sum(counted.sales)
    from counted
    inner join {{ ref('stg_sales_and_traffic_by_date') }} as totals
        on totals.account = counted.account
        and totals.marketplace = counted.marketplace
        and totals.date = counted.date
    group by counted.account, counted.marketplace, counted.date, counted.sku, totals.currency

),

money as (

    select account, marketplace, date, sku, currency, sum(left_sales) as left_sales, sum(right_sales) as right_sales
    from money_stacked
    group by account, marketplace, date, sku, currency

),

money_rows as (

    select
        products.account,
        products.marketplace,
        products.date,
        products.sku,
        money.currency,
        money.left_sales,
        money.right_sales,
        -- A product of which every line was cancelled has no price in the report: then the one that Sales and Traffic implies.
        case
            when coalesce(money.right_sales, 0) <= coalesce(money.left_sales, 0) then 0
            else products.unpriced_cancelled_lines
                * coalesce(products.unit_price, {{ ratio('money.right_sales', 'products.right_units') }}, 0)
        end as extra,
        case
            when products.unpriced_lines > 0 then 'The orders report has no price of a pending order of this product yet.'
            else {{ no_text() }}
        end as waits_for
    from money
    inner join products
        on products.account = money.account
        and products.marketplace = money.marketplace
        and products.date = money.date
        and products.sku = money.sku
    -- Products that were visited and not ordered say nothing.
    where coalesce(money.left_sales, 0) <> 0 or coalesce(money.right_sales, 0) <> 0

),

ordered_products as (

    select * from products
    where coalesce(left_lines, 0) <> 0
        or coalesce(left_units, 0) <> 0
        or coalesce(right_lines, 0) <> 0
        or coalesce(right_units, 0) <> 0

)

{{ compared(check, 'order_items', 'SKU', 'sku', 'left_lines', 'right_lines') }}
from ordered_products

union all

{{ compared(check, 'units', 'SKU', 'sku', 'left_units', 'right_units', extra='case when coalesce(right_units, 0) > coalesce(left_units, 0) then cancelled_lines else 0 end') }}
from ordered_products

union all

{{ compared(check, 'ordered_revenue', 'SKU', 'sku', 'left_sales', 'right_sales', currency='currency', extra='extra', waits_for='waits_for') }}
from money_rows
