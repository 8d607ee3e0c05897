-- Listings as they stand: the newest reading of each SKU, refreshes after notifications included. A SKU that Amazon no longer answers
-- has no row.

select
    account,
    marketplace,
    sku,
    {{ utc_timestamp('read_at') }} as read_at,
    cast(date as date) as date,
    {{ listing_columns() }},
    attributes,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'listings'), [source('raw', 'listings'), source('raw', 'listings_missing')], ['account', 'marketplace', 'sku'], []
    ) }}
) as newest
