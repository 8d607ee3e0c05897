-- Stock at Amazon as the inventory API had it, a day's last reading each day. Quantities are those that can serve the marketplace: the
-- European Union's stores show one pool.

select
    account,
    marketplace,
    cast(date as date) as date,
    seller_sku as sku,
    fn_sku as fnsku,
    asin,
    condition,
    product_name,
    {{ utc_timestamp('last_updated_time') }} as last_updated_at,
    {{ units('coalesce(total_quantity, 0)') }} as total_units,
    {{ units('coalesce(fulfillable_quantity, 0)') }} as fulfillable_units,
    {{ units('coalesce(inbound_working_quantity, 0)') }} as inbound_working_units,
    {{ units('coalesce(inbound_shipped_quantity, 0)') }} as inbound_shipped_units,
    {{ units('coalesce(inbound_receiving_quantity, 0)') }} as inbound_receiving_units,
    {{ units('coalesce(total_reserved_quantity, 0)') }} as reserved_units,
    {{ units('coalesce(pending_customer_order_quantity, 0)') }} as reserved_order_units,
    {{ units('coalesce(pending_transshipment_quantity, 0)') }} as reserved_transfer_units,
    {{ units('coalesce(fc_processing_quantity, 0)') }} as reserved_processing_units,
    {{ units('coalesce(total_researching_quantity, 0)') }} as researching_units,
    {{ units('coalesce(total_unfulfillable_quantity, 0)') }} as unsellable_units,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from (
    {{ newest_per_key(
        source('raw', 'fba_inventory_summaries'), ['account', 'marketplace', 'date', 'seller_sku', 'fn_sku', 'condition']
    ) }}
) as newest
