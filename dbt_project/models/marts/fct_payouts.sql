-- Money that Amazon sent, or tried to send, to the bank, with the settlement it pays out and what that settlement said it would be.

select
    payouts.account,
    coalesce(marketplaces.marketplace, case when payouts.marketplace_id is null then 'NONE' else 'UNKNOWN' end) as marketplace,
    payouts.payout_id,
    payouts.created_at,
    payouts.status,
    payouts.status = 'PAID' as is_paid,
    payouts.payout_type,
    payouts.amount,
    payouts.currency,
    payouts.settlement_id,
    settlements.deposit_amount as settlement_deposit_amount,
    {{ money('payouts.amount - settlements.deposit_amount') }} as difference,
    payouts.account_type,
    payouts.payment_method,
    payouts.payment_rail,
    payouts.trace_id,
    payouts.account_tail,
    payouts.period_started_at,
    payouts.period_ended_at,
    payouts._report_id,
    payouts.read_at,
    payouts.loaded_at
from {{ ref('stg_payouts') }} as payouts
left join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace_id = payouts.marketplace_id
left join {{ ref('fct_settlements') }} as settlements
    on settlements.account = payouts.account
    and settlements.settlement_id = payouts.settlement_id
    and settlements.currency = payouts.currency
