-- Movements of money as Finances gave them last. A transaction keeps its day and changes its status when held back money is released.
-- Amazon's model does not promise an id: a transaction without one is known by its place in its document, and has its total only.

{%- set id = "coalesce(transaction_id, 'without id: ' || _report_id || ' ' || " ~ as_text('_row') ~ ")" %}

with newest as (

    select transactions.*, {{ id }} as known_as
    from ({{ newest_per_key(source('raw', 'finance_transactions'), ['account', id]) }}) as transactions

),

-- Money that was held back may be posted again on its release. Either of the two transactions may name the other.
releases as (

    select releases.account, releases.transaction_id, held.transaction_id as held_transaction_id
    from newest as releases
    inner join newest as held
        on held.account = releases.account
        and held.transaction_id = releases.deferred_transaction_id

    union all

    select account, release_transaction_id, transaction_id from newest

),

repeated as (

    select distinct account, transaction_id from releases where transaction_id <> held_transaction_id

)

select
    newest.account,
    newest.known_as as transaction_id,
    {{ utc_timestamp('newest.posted_date') }} as posted_at,
    newest.transaction_type,
    newest.transaction_status,
    newest.description,
    {{ money('newest.total_amount') }} as amount,
    newest.total_currency as currency,
    newest.order_id as amazon_order_id,
    newest.shipment_id,
    newest.settlement_id,
    newest.financial_event_group_id,
    newest.deferred_transaction_id,
    newest.release_transaction_id,
    repeated.transaction_id is not null as is_repeated,
    newest.deferral_reason,
    {{ utc_timestamp('newest.maturity_date') }} as matures_at,
    newest.marketplace_id,
    newest.account_type,
    {{ utc_timestamp('newest.read_at') }} as read_at,
    newest._report_id,
    newest._document_sha256,
    newest._row,
    {{ utc_timestamp('newest._loaded_at') }} as loaded_at
from newest
left join repeated
    on repeated.account = newest.account
    and repeated.transaction_id = newest.transaction_id
