-- Every amount of every settlement, in the settlement's currency, sorted into the components that profit is made of.
-- Only the totals row names the currency, so the header supplies it; account and settlement id together name the header.

with lines as (

    select * from {{ ref('stg_settlements') }} where not is_total

),

headers as (

    select * from {{ ref('int_settlement_headers') }}

),

marketplaces as (

    select marketplace, lower(sales_channel) as sales_channel_key, time_zone
    from {{ ref('dim_marketplace') }}

),

placed as (

    select
        lines.*,
        headers.currency as settlement_currency,
        headers.deposited_at as settlement_deposited_at,
        case
            when marketplaces.marketplace is not null then marketplaces.marketplace
            when lines.sales_channel_key like 'non-amazon%' then 'OFF_AMAZON'
            when coalesce(lines.sales_channel_key, '') <> '' then 'UNKNOWN'
            else coalesce(headers.sole_marketplace, 'SEVERAL')
        end as marketplace,
        coalesce(marketplaces.time_zone, headers.time_zone, 'UTC') as time_zone,
        lower(coalesce(lines.transaction_type, '')) as transaction_key,
        lower(coalesce(lines.amount_type, '')) as amount_key,
        lower(coalesce(lines.amount_description, '')) as description_key
    from lines
    left join headers
        on headers.account = lines.account
        and headers.settlement_id = lines.settlement_id
    left join marketplaces on marketplaces.sales_channel_key = lines.sales_channel_key

)

select
    account,
    settlement_id,
    settlement_line,
    marketplace,
    settlement_currency as currency,
    posted_at,
    {{ local_date('posted_at', 'time_zone') }} as posted_date_local,
    cast(settlement_deposited_at as date) as deposit_date,
    transaction_type,
    amount_type,
    amount_description,
    {{ settlement_component('transaction_key', 'amount_key', 'description_key') }} as component,
    amount,
    case when transaction_key = 'order' and amount_key = 'itemprice' and description_key = 'principal' then coalesce(quantity, 0) else 0 end as units_sold,
    amazon_order_id,
    adjustment_id,
    shipment_id,
    order_item_code,
    sku,
    promotion_id,
    _report_id,
    _document_sha256,
    _row,
    loaded_at
from placed
