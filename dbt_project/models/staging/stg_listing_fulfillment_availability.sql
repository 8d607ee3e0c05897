-- Who ships a listing now, and how many units the seller says are there: the rows of each SKU's newest reading.

select
    account,
    marketplace,
    sku,
    {{ utc_timestamp('read_at') }} as read_at,
    fulfillment_channel_code,
    {{ units('quantity') }} as quantity,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'listing_fulfillment_availability'),
        [source('raw', 'listings'), source('raw', 'listings_missing')],
        ['account', 'marketplace', 'sku'],
        ['fulfillment_channel_code'],
    ) }}
) as newest
