-- The mart has one currency a row, so the three amounts of a row must agree on it.

select *
from {{ ref('stg_vendor_sales') }}
where ordered_revenue_currency <> currency
    or shipped_revenue_currency <> currency
    or shipped_cogs_currency <> currency
