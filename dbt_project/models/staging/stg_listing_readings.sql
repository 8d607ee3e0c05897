-- Every look at a listing: how it stood, or that Amazon did not answer for the SKU (is_present is false: deleted, or never there).
-- The newest look is stg_listings; the history of all of them is dim_listing_history.

with looks as (

    select
        account, marketplace, sku, true as is_present, asin, fn_sku, item_name, product_type, condition_type, status,
        main_image_link, created_date, last_updated_date, read_at, _report_id, _document_sha256, _row, _loaded_at
    from {{ source('raw', 'listings') }}

    union all

    select
        account, marketplace, sku, false as is_present, null as asin, null as fn_sku, null as item_name, null as product_type,
        null as condition_type, null as status, null as main_image_link, null as created_date, null as last_updated_date,
        read_at, _report_id, _document_sha256, _row, _loaded_at
    from {{ source('raw', 'listings_missing') }}

),

ranked as (

    select
        looks.*,
        row_number() over (
            partition by account, marketplace, sku, read_at
            order by case when is_present then 0 else 1 end, {{ newest_first() }}
        ) as copy_number
    from looks

)

select
    account,
    marketplace,
    sku,
    {{ utc_timestamp('read_at') }} as read_at,
    row_number() over (partition by account, marketplace, sku order by read_at) as reading_number,
    is_present,
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
    {{ lineage() }}
from ranked
where copy_number = 1
