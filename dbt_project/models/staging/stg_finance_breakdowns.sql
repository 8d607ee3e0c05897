-- Amounts of which a transaction is made, at every depth, from the transaction's newest reading. Where is_leaf is true they add up once.

select
    account,
    transaction_id,
    place,
    {{ utc_timestamp('posted_date') }} as posted_at,
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
        source('raw', 'finance_breakdowns'), [source('raw', 'finance_transactions')], ['account', 'transaction_id'], ['place']
    ) }}
) as newest
