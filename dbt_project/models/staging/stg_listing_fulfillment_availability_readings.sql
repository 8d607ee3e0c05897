-- Every look at who ships a listing and how many units the seller says are there.

select
    account,
    marketplace,
    sku,
    {{ utc_timestamp('read_at') }} as read_at,
    fulfillment_channel_code,
    {{ units('quantity') }} as quantity,
    {{ lineage() }}
from (
    {{ every_reading(
        source('raw', 'listing_fulfillment_availability'), ['account', 'marketplace', 'sku', 'fulfillment_channel_code']
    ) }}
) as readings
