-- Transfers to the seller's bank account, each as it was read last.

select
    account,
    payout_id,
    {{ utc_timestamp('creation_date') }} as created_at,
    current_status as status,
    payout_type,
    {{ money('payout_amount') }} as amount,
    payout_currency as currency,
    account_type,
    account_marketplace_id as marketplace_id,
    settlement_id,
    payment_method,
    payment_rail,
    trace_id,
    account_tail,
    {{ utc_timestamp('period_start') }} as period_started_at,
    {{ utc_timestamp('period_end') }} as period_ended_at,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_per_key(source('raw', 'payouts'), ['account', 'payout_id']) }}) as newest
