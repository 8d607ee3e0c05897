-- Every look at a listing: how it stood, or that Amazon did not answer for the SKU (is_present is false: deleted, or never there).
-- The newest look is stg_listings; the history of all of them is dim_listing_history.

select
    account,
    marketplace,
    sku,
    {{ utc_timestamp('read_at') }} as read_at,
    reading_number,
    is_present,
    {{ listing_columns() }},
    {{ lineage() }}
from (
    {{ every_look(
        source('raw', 'listings'),
        source('raw', 'listings_missing'),
        ['account', 'marketplace', 'sku'],
        [
            'asin', 'fn_sku', 'item_name', 'product_type', 'condition_type', 'status', 'main_image_link', 'created_date',
            'last_updated_date',
        ],
    ) }}
) as looks
