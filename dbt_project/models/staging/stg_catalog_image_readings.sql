-- Every image file in every look at its item. Amazon lists an image in several sizes: the widest is the original.

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
        partition by account, marketplace, asin, variant, read_at order by coalesce(width, 0) desc, coalesce(height, 0) desc, link
    ) = 1 as is_original,
    {{ lineage() }}
from ({{ every_reading(source('raw', 'catalog_images'), ['account', 'marketplace', 'asin', 'variant', 'link']) }}) as readings
