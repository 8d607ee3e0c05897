-- Every listing of one store as it stood on the day the report was made; days are kept, so this is the listings' history.

select
    account,
    marketplace,
    cast(date as date) as date,
    seller_sku as sku,
    asin1 as asin,
    listing_id,
    item_name as title,
    {{ money('price') }} as price,
    {{ units('quantity') }} as seller_quantity,
    {{ utc_timestamp('open_date') }} as opened_at,
    fulfillment_channel,
    item_condition,
    status,
    _report_id,
    _document_sha256,
    _row,
    {{ utc_timestamp('_loaded_at') }} as loaded_at
from {{ source('raw', 'merchant_listings') }}
