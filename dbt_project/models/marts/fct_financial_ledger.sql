-- Every amount of every financial transaction, two days after the fact and held back money included: what settlements show after two
-- weeks. A transaction's rows add up to Amazon's total of it. Money that was held back and released may stand in two transactions: the
-- release is flagged (is_repeated), so that it is not counted again.

with transactions as (

    select * from {{ ref('stg_finance_transactions') }}

)

select
    transactions.account,
    coalesce(marketplaces.marketplace, case when transactions.marketplace_id is null then 'NONE' else 'UNKNOWN' end) as marketplace,
    transactions.transaction_id,
    amounts.told_by,
    amounts.item_position,
    amounts.place,
    transactions.posted_at,
    {{ local_date('transactions.posted_at', "coalesce(marketplaces.time_zone, 'UTC')") }} as posted_date_local,
    transactions.transaction_type,
    transactions.transaction_status,
    transactions.description,
    amounts.sku,
    amounts.asin,
    amounts.path as breakdown_path,
    amounts.breakdown_type,
    amounts.amount,
    amounts.currency,
    transactions.transaction_status = 'DEFERRED' as is_held_back,
    transactions.matures_at,
    repeats.transaction_id is not null as is_repeated,
    transactions.amazon_order_id,
    transactions.shipment_id,
    transactions.settlement_id,
    transactions.financial_event_group_id,
    transactions.deferred_transaction_id,
    transactions.account_type,
    transactions._report_id,
    transactions.read_at,
    transactions.loaded_at
from {{ ref('int_finance_amounts') }} as amounts
inner join transactions
    on transactions.account = amounts.account
    and transactions.transaction_id = amounts.transaction_id
left join {{ ref('int_finance_repeats') }} as repeats
    on repeats.account = transactions.account
    and repeats.transaction_id = transactions.transaction_id
left join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace_id = transactions.marketplace_id
