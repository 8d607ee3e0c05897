-- The catalogue as it stands: the newest reading of each ASIN. An ASIN that Amazon no longer answers has no row.

select
    account,
    marketplace,
    asin,
    {{ utc_timestamp('read_at') }} as read_at,
    cast(date as date) as date,
    item_name as title,
    brand,
    manufacturer,
    item_classification,
    product_type,
    color,
    size,
    style,
    model_number,
    part_position as part_number,
    {{ units('package_quantity') }} as package_quantity,
    browse_classification_id,
    browse_classification_name,
    website_display_group,
    website_display_group_name,
    release_date,
    {{ money('list_price_amount') }} as list_price,
    list_price_currency,
    bullet_points,
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
