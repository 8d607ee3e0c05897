-- Prices that listings are offered at now: those of each SKU's newest reading.

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
from (
    {{ of_newest_reading(
        source('raw', 'listing_offers'),
        [source('raw', 'listings'), source('raw', 'listings_missing')],
        ['account', 'marketplace', 'sku'],
        ['offer_position'],
    ) }}
) as newest
