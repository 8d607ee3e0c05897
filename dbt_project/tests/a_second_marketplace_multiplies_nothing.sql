{{ config(meta={'dagster': {'ref': {'name': 'fct_order_lines'}}}) }}
-- The same SKU and ASIN live in many marketplaces: a join that forgets the marketplace multiplies rows. Every mart has exactly
-- the rows and the sums of the staging it is made of.

with compared as (

    select 'fct_order_lines' as model, 'rows' as what,
        (select count(*) from {{ ref('stg_orders_by_last_update') }}) as staged,
        (select count(*) from {{ ref('fct_order_lines') }}) as built
    union all
    select 'fct_order_lines', 'item_price',
        (select coalesce(sum(item_price), 0) from {{ ref('stg_orders_by_last_update') }}),
        (select coalesce(sum(item_price), 0) from {{ ref('fct_order_lines') }})
    union all
    select 'fct_sales_traffic_daily', 'rows',
        (select count(*) from {{ ref('int_sales_traffic_by_asin') }}),
        (select count(*) from {{ ref('fct_sales_traffic_daily') }})
    union all
    select 'fct_sales_traffic_daily', 'ordered_product_sales',
        (select coalesce(sum(ordered_product_sales), 0) from {{ ref('int_sales_traffic_by_asin') }}),
        (select coalesce(sum(ordered_product_sales), 0) from {{ ref('fct_sales_traffic_daily') }})
    union all
    select 'fct_marketplace_daily', 'units_ordered',
        (select coalesce(sum(units_ordered), 0) from {{ ref('int_sales_traffic_by_date') }}),
        (select coalesce(sum(units_ordered), 0) from {{ ref('fct_marketplace_daily') }})
    union all
    select 'fct_marketplace_daily', 'product_units_ordered',
        (select coalesce(sum(units_ordered), 0) from {{ ref('int_sales_traffic_by_asin') }} as products
         where exists (
             select 1 from {{ ref('int_sales_traffic_by_date') }} as days
             where days.account = products.account and days.marketplace = products.marketplace and days.date = products.date
         )),
        (select coalesce(sum(product_units_ordered), 0) from {{ ref('fct_marketplace_daily') }})
    union all
    select 'fct_inventory_daily', 'fulfillable_units',
        (select coalesce(sum(fulfillable_units), 0) from {{ ref('stg_fba_inventory') }}),
        (select coalesce(sum(fulfillable_units), 0) from {{ ref('fct_inventory_daily') }})
    union all
    select 'fct_settlement_lines', 'rows',
        (select count(*) from {{ ref('stg_settlements') }} where not is_total),
        (select count(*) from {{ ref('fct_settlement_lines') }})
    union all
    select 'fct_settlement_lines', 'amount',
        (select coalesce(sum(amount), 0) from {{ ref('stg_settlements') }} where not is_total),
        (select coalesce(sum(amount), 0) from {{ ref('fct_settlement_lines') }})
    union all
    select 'fct_vendor_sales_daily', 'rows',
        (select count(*) from {{ ref('stg_vendor_sales') }}),
        (select count(*) from {{ ref('fct_vendor_sales_daily') }})
    union all
    select 'dim_listing_history', 'looks',
        (select count(*) from {{ ref('stg_listing_readings') }} where is_present),
        (select coalesce(sum(readings), 0) from {{ ref('dim_listing_history') }})
    union all
    select 'dim_product_history', 'looks',
        (select count(*) from {{ ref('stg_catalog_item_readings') }} where is_present),
        (select coalesce(sum(readings), 0) from {{ ref('dim_product_history') }})
    union all
    select 'fct_inventory_current', 'fulfillable_units',
        (select coalesce(sum(stock.fulfillable_units), 0) from {{ ref('stg_fba_inventory_summaries') }} as stock
         where exists (
             select 1 from {{ ref('fct_inventory_current') }} as newest
             where newest.account = stock.account and newest.marketplace = stock.marketplace and newest.date = stock.date
         )),
        (select coalesce(sum(fulfillable_units), 0) from {{ ref('fct_inventory_current') }})
    union all
    select 'fct_payouts', 'amount',
        (select coalesce(sum(amount), 0) from {{ ref('stg_payouts') }}),
        (select coalesce(sum(amount), 0) from {{ ref('fct_payouts') }})
    union all
    select 'fct_vendor_hourly', 'ordered_units',
        (select coalesce(sum(ordered_units), 0) from {{ ref('stg_item_sales_events') }}),
        (select coalesce(sum(ordered_units), 0) from {{ ref('fct_vendor_hourly') }})
    union all
    select 'fct_vendor_purchase_orders', 'ordered_units',
        (select coalesce(sum(ordered_units), 0) from {{ ref('stg_purchase_order_items') }}),
        (select coalesce(sum(ordered_units), 0) from {{ ref('fct_vendor_purchase_orders') }})
    union all
    select 'fct_buy_box', 'rows',
        (select count(*) from {{ ref('stg_any_offer_changed') }}),
        (select count(*) from {{ ref('fct_buy_box') }})
    union all
    select 'sku_profit_weekly', 'payout',
        (select coalesce(sum(amount), 0) from {{ ref('stg_settlements') }} where not is_total),
        (select coalesce(sum(payout), 0) from {{ ref('sku_profit_weekly') }})
    union all
    select 'sku_profit_weekly', 'ordered_units',
        (select coalesce(sum(quantity), 0) from {{ ref('fct_order_lines') }} where not is_cancelled and currency is not null),
        (select coalesce(sum(ordered_units), 0) from {{ ref('sku_profit_weekly') }})

)

select * from compared where staged <> built
