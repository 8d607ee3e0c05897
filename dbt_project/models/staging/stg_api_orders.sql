-- Orders as the Orders API gave them last: an order that changed on three days, or was read again after a notification, is one row.

select
    account,
    order_id as amazon_order_id,
    marketplace_id,
    marketplace_name,
    channel_name,
    {{ utc_timestamp('created_time') }} as purchased_at,
    {{ utc_timestamp('last_updated_time') }} as last_updated_at,
    fulfillment_status,
    fulfillment_status = 'CANCELLED' as is_cancelled,
    fulfilled_by,
    fulfillment_service_level,
    programs,
    ship_country_code as ship_country,
    {{ money('grand_total_amount') }} as grand_total,
    grand_total_currency as currency,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_per_key(source('raw', 'api_orders'), ['account', 'order_id']) }}) as newest
