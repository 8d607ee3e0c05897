-- What customers ordered: units and sales per SKU and marketplace-local week. Cancelled lines are not sales; pending lines count
-- as units, and as money once Amazon has priced them.

select
    account,
    marketplace,
    currency,
    sku,
    {{ week_start('purchase_date_local') }} as week_start,
    {{ units('sum(coalesce(quantity, 0))') }} as ordered_units,
    {{ money('sum(coalesce(item_price, 0))') }} as ordered_sales,
    {{ money('sum(item_promotion_discount)') }} as ordered_promotion_discount
from {{ ref('fct_order_lines') }}
where not is_cancelled
    and currency is not null
group by account, marketplace, currency, sku, {{ week_start('purchase_date_local') }}
