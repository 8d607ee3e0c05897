-- Images that items have now: those of each ASIN's newest reading. An image that this reading no longer lists is gone.

select
    account,
    marketplace,
    asin,
    {{ utc_timestamp('read_at') }} as read_at,
    variant,
    link,
    {{ units('height') }} as height,
    {{ units('width') }} as width,
    row_number() over (
        partition by account, marketplace, asin, variant order by coalesce(width, 0) desc, coalesce(height, 0) desc, link
    ) = 1 as is_original,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'catalog_images'),
        [source('raw', 'catalog_items'), source('raw', 'catalog_items_missing')],
        ['account', 'marketplace', 'asin'],
        ['variant', 'link'],
    ) }}
) as newest
