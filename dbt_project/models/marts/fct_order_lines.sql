-- Order lines in their newest state. The report covers the whole account: the marketplace comes from the sales channel.
-- Off-Amazon orders (multi-channel fulfilment) have a sales channel but no marketplace, and no price.

with lines as (

    select * from {{ ref('stg_orders_by_last_update') }}

),

marketplaces as (

    select marketplace, lower(sales_channel) as sales_channel_key, time_zone, currency
    from {{ ref('dim_marketplace') }}

)

select
    lines.account,
    case
        when marketplaces.marketplace is not null then marketplaces.marketplace
        when lines.sales_channel_key like 'non-amazon%' then 'OFF_AMAZON'
        else 'UNKNOWN'
    end as marketplace,
    lines.amazon_order_id,
    lines.order_line,
    lines.purchased_at,
    case
        when marketplaces.time_zone is null then lines.purchased_at
        else {{ local_timestamp('lines.purchased_at', "coalesce(marketplaces.time_zone, 'UTC')") }}
    end as purchased_at_local,
    case
        when marketplaces.time_zone is null then cast(lines.purchased_at as date)
        else {{ local_date('lines.purchased_at', "coalesce(marketplaces.time_zone, 'UTC')") }}
    end as purchase_date_local,
    lines.last_updated_at,
    lines.order_status,
    lines.item_status,
    lower(coalesce(lines.order_status, '')) in ('cancelled', 'canceled')
        or lower(coalesce(lines.item_status, '')) in ('cancelled', 'canceled') as is_cancelled,
    lines.sales_channel,
    lines.fulfillment_channel,
    lines.ship_country,
    lines.is_business_order,
    lines.sku,
    lines.asin,
    lines.product_name,
    coalesce(lines.currency, marketplaces.currency) as currency,
    lines.quantity,
    lines.item_price,
    lines.item_price is not null as is_priced,
    lines.item_tax,
    lines.shipping_price,
    lines.shipping_tax,
    lines.gift_wrap_price,
    lines.gift_wrap_tax,
    lines.item_promotion_discount,
    lines.ship_promotion_discount,
    lines.promotion_ids,
    lines._report_id,
    lines._document_sha256,
    lines._row,
    lines.loaded_at
from lines
left join marketplaces on marketplaces.sales_channel_key = lines.sales_channel_key
