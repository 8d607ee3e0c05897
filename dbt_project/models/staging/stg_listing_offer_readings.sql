-- Every price in every look at its listing: the price history is made of these.

select
    account,
    marketplace,
    sku,
    {{ utc_timestamp('read_at') }} as read_at,
    offer_position,
    offer_type,
    audience,
    {{ money('price_amount') }} as price,
    price_currency,
    {{ units('points') }} as points,
    {{ lineage() }}
from ({{ every_reading(source('raw', 'listing_offers'), ['account', 'marketplace', 'sku', 'offer_position']) }}) as readings
