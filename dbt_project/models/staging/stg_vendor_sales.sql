-- What Amazon sold of the vendor's products: one ASIN on one day, in one distributor view and selling programme (daily periods).
-- Views overlap (sourcing is a part of manufacturing), so whoever adds up groups by both columns or picks one value of each.
-- The three amounts have one currency in practice; a row in which they differ fails a test instead of being mixed.

select
    account,
    marketplace,
    start_date as date,
    end_date,
    distributor_view,
    selling_program,
    asin,
    coalesce(shipped_revenue_currency, ordered_revenue_currency, shipped_cogs_currency) as currency,
    ordered_revenue_currency,
    shipped_revenue_currency,
    shipped_cogs_currency,
    {{ units('ordered_units') }} as ordered_units,
    {{ money('ordered_revenue_amount') }} as ordered_revenue,
    {{ units('shipped_units') }} as shipped_units,
    {{ money('shipped_revenue_amount') }} as shipped_revenue,
    {{ money('shipped_cogs_amount') }} as shipped_cogs,
    {{ units('customer_returns') }} as customer_returns,
    _report_id,
    _document_sha256,
    _row,
    {{ utc_timestamp('_loaded_at') }} as loaded_at
from {{ source('raw', 'vendor_sales') }}
