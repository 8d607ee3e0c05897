-- An order is reported again, with all its lines, on every day on which it changed: only its newest update counts.
-- Amazon gives no order-item id in this report, so a line is known by its place in the document. A pending order has no price
-- yet: that stays null, which is not zero.

with source as (

    select * from {{ source('raw', 'orders_by_last_update') }}

),

ranked as (

    select
        source.*,
        dense_rank() over (
            partition by account, amazon_order_id
            order by last_updated_date desc, date desc
        ) as update_rank
    from source

)

select
    account,
    amazon_order_id,
    row_number() over (partition by account, amazon_order_id order by _row) as order_line,
    merchant_order_id,
    {{ utc_timestamp('purchase_date') }} as purchased_at,
    {{ utc_timestamp('last_updated_date') }} as last_updated_at,
    cast(date as date) as partition_date,
    order_status,
    item_status,
    fulfillment_channel,
    sales_channel,
    lower(sales_channel) as sales_channel_key,
    ship_service_level,
    ship_country,
    is_business_order,
    sku,
    asin,
    product_name,
    {{ units('quantity') }} as quantity,
    currency,
    {{ money('item_price') }} as item_price,
    {{ money('item_tax') }} as item_tax,
    {{ money('coalesce(shipping_price, 0)') }} as shipping_price,
    {{ money('coalesce(shipping_tax, 0)') }} as shipping_tax,
    {{ money('coalesce(gift_wrap_price, 0)') }} as gift_wrap_price,
    {{ money('coalesce(gift_wrap_tax, 0)') }} as gift_wrap_tax,
    {{ money('coalesce(item_promotion_discount, 0)') }} as item_promotion_discount,
    {{ money('coalesce(ship_promotion_discount, 0)') }} as ship_promotion_discount,
    promotion_ids,
    _report_id,
    _document_sha256,
    _row,
    {{ utc_timestamp('_loaded_at') }} as loaded_at
from ranked
where update_rank = 1
