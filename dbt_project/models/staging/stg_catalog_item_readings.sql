-- Every look at an item of the catalogue: how it stood, or that Amazon did not answer for the ASIN (is_present is false).
-- The newest look is stg_catalog_items; the history of all of them is dim_product_history.

with looks as (

    select
        account, marketplace, asin, true as is_present,
        item_name, brand, manufacturer, item_classification, product_type, color, size, style, model_number, part_position,
        package_quantity, browse_classification_id, browse_classification_name, website_display_group,
        website_display_group_name, release_date, list_price_amount, list_price_currency, bullet_points,
        read_at, _report_id, _document_sha256, _row, _loaded_at
    from {{ source('raw', 'catalog_items') }}

    union all

    select
        account, marketplace, asin, false as is_present,
        null as item_name, null as brand, null as manufacturer, null as item_classification, null as product_type, null as
        color, null as size, null as style, null as model_number, null as part_position, null as package_quantity, null as
        browse_classification_id, null as browse_classification_name, null as website_display_group, null as
        website_display_group_name, null as release_date, null as list_price_amount, null as list_price_currency, null as
        bullet_points,
        read_at, _report_id, _document_sha256, _row, _loaded_at
    from {{ source('raw', 'catalog_items_missing') }}

),

ranked as (

    select
        looks.*,
        row_number() over (
            partition by account, marketplace, asin, read_at
            order by case when is_present then 0 else 1 end, {{ newest_first() }}
        ) as copy_number
    from looks

)

select
    account,
    marketplace,
    asin,
    {{ utc_timestamp('read_at') }} as read_at,
    row_number() over (partition by account, marketplace, asin order by read_at) as reading_number,
    is_present,
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
    {{ lineage() }}
from ranked
where copy_number = 1
