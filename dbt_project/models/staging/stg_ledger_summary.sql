-- Movements and balances of the units of a SKU in Amazon's warehouses, by day, condition and country. Family `fba`: an account that
-- does not take it has no rows here.

select
    account,
    marketplace,
    ledger_date as date,
    msku as sku,
    fnsku,
    disposition,
    location,
    {{ units('coalesce(starting_warehouse_balance, 0)') }} as opening_units,
    {{ units('coalesce(ending_warehouse_balance, 0)') }} as closing_units,
    {{ units('coalesce(receipts, 0)') }} as receipts,
    {{ units('coalesce(customer_shipments, 0)') }} as customer_shipments,
    {{ units('coalesce(customer_returns, 0)') }} as customer_returns,
    {{ units('coalesce(vendor_returns, 0)') }} as vendor_returns,
    {{ units('coalesce(warehouse_transfer_in_out, 0)') }} as warehouse_transfers,
    {{ units('coalesce(found, 0)') }} as found,
    {{ units('coalesce(lost, 0)') }} as lost,
    {{ units('coalesce(damaged, 0)') }} as damaged,
    {{ units('coalesce(disposed, 0)') }} as disposed,
    {{ units('coalesce(other_events, 0)') }} as other_events,
    {{ units('coalesce(unknown_events, 0)') }} as unknown_events,
    _report_id,
    _document_sha256,
    _row,
    {{ utc_timestamp('_loaded_at') }} as loaded_at
from {{ source('raw', 'ledger_summary') }}
