-- Vendor sales per ASIN and day, view and programme. Shipped COGS is what Amazon paid the vendor: the vendor's own revenue.

select
    account,
    marketplace,
    date,
    distributor_view,
    selling_program,
    asin,
    currency,
    ordered_units,
    ordered_revenue,
    shipped_units,
    shipped_revenue,
    shipped_cogs,
    customer_returns,
    _report_id,
    loaded_at
from {{ ref('stg_vendor_sales') }}
