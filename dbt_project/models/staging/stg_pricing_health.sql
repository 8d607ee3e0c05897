-- Own offers that cannot be featured because of their price, with the prices Amazon compares them with; one row a message.

select
    account,
    notification_id,
    marketplace_id,
    asin,
    item_condition,
    {{ utc_timestamp('coalesce(time_of_offer_change, event_time, published_at, read_at)') }} as changed_at,
    issue_type,
    seller_id,
    merchant_fulfillment_type,
    {{ money('merchant_landed_price_amount') }} as own_landed_price,
    merchant_landed_price_currency as currency,
    {{ money('competitive_price_threshold_amount') }} as competitive_price_threshold,
    {{ money('average_selling_price_amount') }} as average_selling_price,
    {{ money('retail_offer_price_amount') }} as retail_offer_price,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_told(source('raw', 'pricing_health'), ['account', 'notification_id']) }}) as newest
