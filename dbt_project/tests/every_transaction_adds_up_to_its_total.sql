{{ config(meta={'dagster': {'ref': {'name': 'fct_financial_ledger'}}}) }}
-- To the cent: amounts that were told by item and by transaction are the same money, and count once; no transaction is lost. A transaction
-- of which Amazon tells no total, or parts in another currency, has nothing to be held against.

select transactions.account, transactions.transaction_id, transactions.currency, transactions.amount, sum(ledger.amount) as ledger_amount
from {{ ref('stg_finance_transactions') }} as transactions
left join {{ ref('fct_financial_ledger') }} as ledger
    on ledger.account = transactions.account
    and ledger.transaction_id = transactions.transaction_id
    and coalesce(ledger.currency, '') = coalesce(transactions.currency, '')
group by transactions.account, transactions.transaction_id, transactions.currency, transactions.amount
having coalesce(sum(ledger.amount), 0) <> transactions.amount
