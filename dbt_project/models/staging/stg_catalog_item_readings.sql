-- Every look at an item of the catalogue: how it stood, or that Amazon did not answer for the ASIN (is_present is false).
-- The newest look is stg_catalog_items; the history of all of them is dim_product_history.

select
    account,
    marketplace,
    asin,
    {{ utc_timestamp('read_at') }} as read_at,
    reading_number,
    is_present,
    {{ catalog_item_columns() }},
    {{ lineage() }}
from (
    {{ every_look(
        source('raw', 'catalog_items'),
        source('raw', 'catalog_items_missing'),
        ['account', 'marketplace', 'asin'],
        [
            'item_name', 'brand', 'manufacturer', 'item_classification', 'product_type', 'color', 'size', 'style',
            'model_number', 'part_position', 'package_quantity', 'browse_classification_id', 'browse_classification_name',
            'website_display_group', 'website_display_group_name', 'release_date', 'list_price_amount',
            'list_price_currency', 'bullet_points',
        ],
    ) }}
) as looks
