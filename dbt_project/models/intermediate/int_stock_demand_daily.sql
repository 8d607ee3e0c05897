-- Units that left a stock pool per SKU and day: FBA orders of all stores that draw on the same stock, cancelled lines left out.
-- Off-Amazon orders (multi-channel fulfilment) name no store, so they are not counted.

select
    lines.account,
    marketplaces.stock_pool,
    lines.sku,
    lines.purchase_date_local as date,
    {{ units('sum(coalesce(lines.quantity, 0))') }} as units
from {{ ref('fct_order_lines') }} as lines
inner join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace = lines.marketplace
where not lines.is_cancelled
    and lower(lines.fulfillment_channel) <> 'merchant'
group by lines.account, marketplaces.stock_pool, lines.sku, lines.purchase_date_local
