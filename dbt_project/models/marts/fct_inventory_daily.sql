-- Stock per SKU and day, with how long it lasts. Velocity is the units sold in the 28 days before, per day on which there was
-- something to sell: days without stock would make a bestseller look slow.

{%- set window_days = 28 %}

with inventory as (

    select * from {{ ref('int_inventory_by_sku') }}

),

demand as (

    select * from {{ ref('int_stock_demand_daily') }}

),

-- Orders are loaded by their last update: of days before the first loaded update only some orders are known.
known as (

    select account, min(cast(last_updated_at as date)) as first_date
    from {{ ref('fct_order_lines') }}
    group by account

),

sold as (

    select
        inventory.account,
        inventory.marketplace,
        inventory.date,
        inventory.sku,
        sum(demand.units) as units
    from inventory
    inner join known on known.account = inventory.account
    inner join demand
        on demand.account = inventory.account
        and demand.stock_pool = inventory.stock_pool
        and demand.sku = inventory.sku
        and demand.date >= {{ add_days('inventory.date', -window_days) }}
        and demand.date < inventory.date
        and demand.date >= known.first_date
    group by inventory.account, inventory.marketplace, inventory.date, inventory.sku

),

empty_days as (

    select
        inventory.account,
        inventory.marketplace,
        inventory.date,
        inventory.sku,
        count(*) as days
    from inventory
    inner join inventory as earlier
        on earlier.account = inventory.account
        and earlier.marketplace = inventory.marketplace
        and earlier.sku = inventory.sku
        and earlier.date >= {{ add_days('inventory.date', -window_days) }}
        and earlier.date < inventory.date
        and earlier.fulfillable_units = 0
    group by inventory.account, inventory.marketplace, inventory.date, inventory.sku

),

observed as (

    select
        inventory.*,
        coalesce(sold.units, 0) as window_units,
        case
            when known.first_date is null or known.first_date >= inventory.date then 0
            when known.first_date <= {{ add_days('inventory.date', -window_days) }} then {{ window_days }}
            else {{ days_between('known.first_date', 'inventory.date') }}
        end as window_days,
        coalesce(empty_days.days, 0) as window_stockout_days
    from inventory
    left join known on known.account = inventory.account
    left join sold
        on sold.account = inventory.account
        and sold.marketplace = inventory.marketplace
        and sold.date = inventory.date
        and sold.sku = inventory.sku
    left join empty_days
        on empty_days.account = inventory.account
        and empty_days.marketplace = inventory.marketplace
        and empty_days.date = inventory.date
        and empty_days.sku = inventory.sku

),

paced as (

    select
        observed.*,
        {{ ratio('window_units', 'case when window_days > window_stockout_days then window_days - window_stockout_days end') }} as units_per_day
    from observed

)

select
    account,
    marketplace,
    stock_pool,
    date,
    sku,
    asin,
    price,
    barcode_count,
    fulfillable_units,
    unsellable_units,
    reserved_units,
    warehouse_units,
    inbound_working_units,
    inbound_shipped_units,
    inbound_receiving_units,
    fulfillable_units = 0 as is_out_of_stock,
    {{ units('window_units') }} as units_sold_28d,
    {{ units('window_days') }} as days_observed_28d,
    {{ units('window_stockout_days') }} as days_without_stock_28d,
    units_per_day,
    {{ ratio('fulfillable_units', 'units_per_day') }} as days_of_cover,
    _report_id,
    loaded_at
from paced
