-- Changes of the offers of a product, one row a message; a message delivered twice is one.

select
    account,
    notification_id,
    marketplace_id,
    asin,
    item_condition,
    {{ utc_timestamp('coalesce(time_of_offer_change, event_time, published_at, read_at)') }} as changed_at,
    offer_change_type,
    seller_id,
    {{ money('list_price_amount') }} as list_price,
    {{ money('competitive_price_threshold_amount') }} as competitive_price_threshold,
    coalesce(competitive_price_threshold_currency, list_price_currency) as currency,
    {{ units('total_buy_box_eligible_offers') }} as eligible_offers,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_told(source('raw', 'any_offer_changed'), ['account', 'notification_id']) }}) as newest
