-- The amounts that every transaction is made of, once: Amazon tells the same money by item and by transaction. Where items have a
-- breakdown, it names their products and is taken; else the transaction's own; what the amounts leave of Amazon's total is a row too, so
-- that a transaction always adds up to its total. Only leaves: what has parts is the sum of them. A transaction about one product only
-- (a reimbursement has an item without a breakdown) names it on its own amounts, too.

with by_item as (

    select account, transaction_id, item_position, place, sku, asin, path, breakdown_type, amount, currency
    from {{ ref('stg_finance_item_breakdowns') }}
    where is_leaf
        and amount is not null

),

itemised as (

    select account, transaction_id, count(*) as amounts
    from by_item
    group by account, transaction_id

),

products as (

    select
        account,
        transaction_id,
        case when count(sku) = count(*) and min(sku) = max(sku) then min(sku) end as sku,
        case when count(asin) = count(*) and min(asin) = max(asin) then min(asin) end as asin
    from {{ ref('stg_finance_items') }}
    group by account, transaction_id

),

by_transaction as (

    select breakdowns.account, breakdowns.transaction_id, breakdowns.place, products.sku, products.asin, breakdowns.path,
        breakdowns.breakdown_type, breakdowns.amount, breakdowns.currency
    from {{ ref('stg_finance_breakdowns') }} as breakdowns
    left join itemised
        on itemised.account = breakdowns.account
        and itemised.transaction_id = breakdowns.transaction_id
    left join products
        on products.account = breakdowns.account
        and products.transaction_id = breakdowns.transaction_id
    where breakdowns.is_leaf
        and breakdowns.amount is not null
        and itemised.transaction_id is null

),

amounts as (

    select account, transaction_id, 'item' as told_by, item_position, place, sku, asin, path, breakdown_type, amount, currency
    from by_item

    union all

    select account, transaction_id, 'transaction' as told_by, 0 as item_position, place, sku, asin, path, breakdown_type, amount, currency
    from by_transaction

),

told as (

    select account, transaction_id, currency, {{ money('sum(amount)') }} as amount
    from amounts
    group by account, transaction_id, currency

),

remainders as (

    select
        transactions.account,
        transactions.transaction_id,
        transactions.currency,
        {{ money('transactions.amount - coalesce(told.amount, 0)') }} as amount
    from {{ ref('stg_finance_transactions') }} as transactions
    left join told
        on told.account = transactions.account
        and told.transaction_id = transactions.transaction_id
        and coalesce(told.currency, '') = coalesce(transactions.currency, '')

)

select account, transaction_id, told_by, item_position, place, sku, asin, path, breakdown_type, amount, currency
from amounts

union all

select account, transaction_id, 'remainder' as told_by, 0 as item_position, '0' as place, null as sku, null as asin, null as path,
    null as breakdown_type, amount, currency
from remainders
where amount <> 0
