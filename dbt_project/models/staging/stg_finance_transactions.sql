-- Movements of money as Finances gave them last. A transaction keeps its day and changes its status when held back money is released.
-- Amazon's model does not promise an id: a transaction without one is known by its place in its document, and has its total only.

{%- set id = "coalesce(transaction_id, 'without id: ' || _report_id || ' ' || " ~ as_text('_row') ~ ")" %}

select
    account,
    {{ id }} as transaction_id,
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
from ({{ newest_per_key(source('raw', 'finance_transactions'), ['account', id]) }}) as newest
