-- What customers ordered: units and sales per SKU and marketplace-local week. Cancelled lines are not sales.

select
    account,
    marketplace,
    currency,
    sku,
    {{ week_start('purchase_date_local') }} as week_start,
    {{ units('sum(quantity)') }} as ordered_units,
    {{ money('sum(item_price)') }} as ordered_sales,
    {{ money('sum(item_promotion_discount)') }} as ordered_promotion_discount
from {{ ref('fct_order_lines') }}
where not is_cancelled
    and currency is not null
group by account, marketplace, currency, sku, {{ week_start('purchase_date_local') }}
