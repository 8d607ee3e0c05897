-- Transactions that tell money again: releases of held back transactions that are here, too. Either of the two may name the other, and some
-- name themselves.

with transactions as (

    select account, transaction_id, deferred_transaction_id, release_transaction_id from {{ ref('stg_finance_transactions') }}

),

releases as (

    select releases.account, releases.transaction_id, held.transaction_id as held_transaction_id
    from transactions as releases
    inner join transactions as held
        on held.account = releases.account
        and held.transaction_id = releases.deferred_transaction_id

    union all

    select account, release_transaction_id, transaction_id from transactions

)

select distinct account, transaction_id
from releases
where transaction_id <> held_transaction_id
