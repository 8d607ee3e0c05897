-- The lowest offers after each change, the own ones among them; a message delivered twice is one.

select
    account,
    notification_id,
    offer_position,
    marketplace_id,
    asin,
    offer_seller_id,
    sub_condition,
    {{ money('listing_price_amount') }} as listing_price,
    {{ money('coalesce(shipping_amount, 0)') }} as shipping_price,
    {{ money('listing_price_amount + coalesce(shipping_amount, 0)') }} as landed_price,
    listing_price_currency as currency,
    is_fulfilled_by_amazon,
    is_featured_merchant,
    is_offer_prime,
    {{ lineage() }}
from ({{ newest_told(source('raw', 'any_offer_changed_offers'), ['account', 'notification_id', 'offer_position']) }}) as newest
