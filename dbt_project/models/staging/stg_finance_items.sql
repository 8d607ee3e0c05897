-- What transactions are about, usually the products of an order, from the transaction's newest reading.

select
    account,
    transaction_id,
    item_position,
    {{ utc_timestamp('posted_date') }} as posted_at,
    sku,
    asin,
    description,
    {{ units('quantity_shipped') }} as quantity,
    {{ money('total_amount') }} as amount,
    total_currency as currency,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'finance_items'), [source('raw', 'finance_transactions')], ['account', 'transaction_id'], ['item_position']
    ) }}
) as newest
