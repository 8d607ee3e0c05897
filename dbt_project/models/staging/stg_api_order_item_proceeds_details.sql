-- Of what a tax or a discount of an order's item is made, from the order's newest reading.

select
    account,
    order_id as amazon_order_id,
    order_item_id,
    proceeds_position,
    detail_position,
    proceeds_type,
    subtype,
    {{ money('detail_amount') }} as amount,
    detail_currency as currency,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'api_order_item_proceeds_details'),
        [source('raw', 'api_orders')],
        ['account', 'order_id'],
        ['order_item_id', 'proceeds_position', 'detail_position'],
    ) }}
) as newest
