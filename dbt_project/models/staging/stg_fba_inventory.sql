-- Stock at Amazon per SKU, barcode and condition, as it stood on the day the report was made.

select
    account,
    marketplace,
    cast(date as date) as date,
    sku,
    fnsku,
    condition,
    asin,
    product_name,
    {{ money('your_price') }} as price,
    {{ units('coalesce(afn_fulfillable_quantity, 0)') }} as fulfillable_units,
    {{ units('coalesce(afn_unsellable_quantity, 0)') }} as unsellable_units,
    {{ units('coalesce(afn_reserved_quantity, 0)') }} as reserved_units,
    {{ units('coalesce(afn_warehouse_quantity, 0)') }} as warehouse_units,
    {{ units('coalesce(afn_total_quantity, 0)') }} as total_units,
    {{ units('coalesce(afn_inbound_working_quantity, 0)') }} as inbound_working_units,
    {{ units('coalesce(afn_inbound_shipped_quantity, 0)') }} as inbound_shipped_units,
    {{ units('coalesce(afn_inbound_receiving_quantity, 0)') }} as inbound_receiving_units,
    _report_id,
    _document_sha256,
    _row,
    {{ utc_timestamp('_loaded_at') }} as loaded_at
from {{ source('raw', 'fba_inventory') }}
