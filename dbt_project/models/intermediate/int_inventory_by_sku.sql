-- Stock per SKU and day: barcodes and conditions of one SKU in one store added up. Stores are never added up here, because the
-- European Union's stores show the same pool of units.

select
    inventory.account,
    inventory.marketplace,
    marketplaces.stock_pool,
    inventory.date,
    inventory.sku,
    max(inventory.asin) as asin,
    max(inventory.product_name) as product_name,
    max(inventory.price) as price,
    {{ units('count(*)') }} as barcode_count,
    {{ units('sum(inventory.fulfillable_units)') }} as fulfillable_units,
    {{ units('sum(inventory.unsellable_units)') }} as unsellable_units,
    {{ units('sum(inventory.reserved_units)') }} as reserved_units,
    {{ units('sum(inventory.warehouse_units)') }} as warehouse_units,
    {{ units('sum(inventory.inbound_working_units)') }} as inbound_working_units,
    {{ units('sum(inventory.inbound_shipped_units)') }} as inbound_shipped_units,
    {{ units('sum(inventory.inbound_receiving_units)') }} as inbound_receiving_units,
    max(inventory._report_id) as _report_id,
    max(inventory.loaded_at) as loaded_at
from {{ ref('stg_fba_inventory') }} as inventory
left join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace = inventory.marketplace
group by inventory.account, inventory.marketplace, marketplaces.stock_pool, inventory.date, inventory.sku
