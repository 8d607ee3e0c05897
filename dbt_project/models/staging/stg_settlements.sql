-- A settlement document opens with one row of totals; every other row is one amount. The flag keeps the two apart, so that
-- nobody adds the deposit to its own lines. When a settlement was delivered by two documents, the newer one is it.

with source as (

    select * from {{ source('raw', 'settlements') }}

),

ranked as (

    select
        source.*,
        dense_rank() over (
            partition by account, settlement_id
            order by _loaded_at desc, _report_id desc
        ) as document_rank
    from source

)

select
    account,
    settlement_id,
    _row as settlement_line,
    total_amount is not null and amount is null as is_total,
    {{ utc_timestamp('settlement_start_date') }} as settlement_started_at,
    {{ utc_timestamp('settlement_end_date') }} as settlement_ended_at,
    {{ utc_timestamp('deposit_date') }} as deposited_at,
    {{ money('total_amount') }} as deposit_amount,
    currency,
    transaction_type,
    order_id as amazon_order_id,
    adjustment_id,
    shipment_id,
    marketplace_name,
    lower(marketplace_name) as sales_channel_key,
    amount_type,
    amount_description,
    {{ money('coalesce(amount, 0)') }} as amount,
    coalesce({{ utc_timestamp('posted_date_time') }}, cast(posted_date as timestamp)) as posted_at,
    order_item_code,
    sku,
    {{ units('coalesce(quantity_purchased, 0)') }} as quantity,
    promotion_id,
    cast(date as date) as partition_date,
    _report_id,
    _document_sha256,
    _row,
    {{ utc_timestamp('_loaded_at') }} as loaded_at
from ranked
where document_rank = 1
