-- What the seller receives for an item of an order, by category, from the order's newest reading. The details of TAX and DISCOUNT are
-- stg_api_order_item_proceeds_details: parts of these amounts, never to be added to them.

select
    account,
    order_id as amazon_order_id,
    order_item_id,
    proceeds_position,
    proceeds_type,
    {{ money('subtotal_amount') }} as amount,
    subtotal_currency as currency,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'api_order_item_proceeds'),
        [source('raw', 'api_orders')],
        ['account', 'order_id'],
        ['order_item_id', 'proceeds_position'],
    ) }}
) as newest
