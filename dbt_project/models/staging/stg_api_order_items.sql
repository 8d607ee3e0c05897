-- Items of orders as the Orders API gave them last: those of each order's newest reading, so that an item taken off an order is gone.

select
    account,
    order_id as amazon_order_id,
    order_item_id,
    marketplace_id,
    {{ utc_timestamp('last_updated_time') }} as last_updated_at,
    seller_sku as sku,
    asin,
    title,
    {{ units('quantity_ordered') }} as quantity,
    {{ units('quantity_fulfilled') }} as quantity_fulfilled,
    {{ units('quantity_unfulfilled') }} as quantity_unfulfilled,
    {{ money('unit_price_amount') }} as unit_price,
    unit_price_currency,
    {{ money('proceeds_total_amount') }} as proceeds,
    proceeds_total_currency as proceeds_currency,
    cancelled_by,
    cancellation_reason,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'api_order_items'), [source('raw', 'api_orders')], ['account', 'order_id'], ['order_item_id']
    ) }}
) as newest
