-- Amounts of which an item of a transaction is made, at every depth, from the transaction's newest reading. The same money as in
-- stg_finance_breakdowns: fct_financial_ledger takes one of the two.

select
    account,
    transaction_id,
    item_position,
    place,
    {{ utc_timestamp('posted_date') }} as posted_at,
    sku,
    asin,
    path,
    level,
    is_leaf,
    breakdown_type,
    {{ money('breakdown_amount') }} as amount,
    breakdown_currency as currency,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'finance_item_breakdowns'),
        [source('raw', 'finance_transactions')],
        ['account', 'transaction_id'],
        ['item_position', 'place'],
    ) }}
) as newest
