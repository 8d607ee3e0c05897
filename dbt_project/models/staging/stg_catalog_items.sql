-- The catalogue as it stands: the newest reading of each ASIN. An ASIN that Amazon no longer answers has no row.

select
    account,
    marketplace,
    asin,
    {{ utc_timestamp('read_at') }} as read_at,
    cast(date as date) as date,
    {{ catalog_item_columns() }},
    attributes,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'catalog_items'),
        [source('raw', 'catalog_items'), source('raw', 'catalog_items_missing')],
        ['account', 'marketplace', 'asin'],
        [],
    ) }}
) as newest
