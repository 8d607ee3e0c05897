-- Listings as they stand: the newest reading of each SKU, refreshes after notifications included. A SKU that Amazon no longer answers
-- has no row.

select
    account,
    marketplace,
    sku,
    {{ utc_timestamp('read_at') }} as read_at,
    cast(date as date) as date,
    asin,
    fn_sku,
    item_name as title,
    product_type,
    condition_type,
    status,
    coalesce(status like '%"BUYABLE"%', false) as is_buyable,
    coalesce(status like '%"DISCOVERABLE"%', false) as is_discoverable,
    main_image_link,
    {{ utc_timestamp('created_date') }} as created_at,
    {{ utc_timestamp('last_updated_date') }} as last_updated_at,
    attributes,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'listings'), [source('raw', 'listings'), source('raw', 'listings_missing')], ['account', 'marketplace', 'sku'], []
    ) }}
) as newest
