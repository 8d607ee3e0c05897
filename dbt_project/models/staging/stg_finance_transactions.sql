-- Movements of money as Finances gave them last. A transaction keeps its day and changes its status when held back money is released.

select
    account,
    transaction_id,
    {{ utc_timestamp('posted_date') }} as posted_at,
    transaction_type,
    transaction_status,
    description,
    {{ money('total_amount') }} as amount,
    total_currency as currency,
    order_id as amazon_order_id,
    shipment_id,
    settlement_id,
    financial_event_group_id,
    deferred_transaction_id,
    release_transaction_id,
    deferral_reason,
    {{ utc_timestamp('maturity_date') }} as matures_at,
    marketplace_id,
    account_type,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_per_key(source('raw', 'finance_transactions'), ['account', 'transaction_id']) }}) as newest
