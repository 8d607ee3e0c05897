{{ config(meta={'dagster': {'ref': {'name': 'fct_financial_ledger'}}}) }}
-- To the cent: amounts that were told by item and by transaction are the same money, and count once.

select ledger.account, ledger.transaction_id, ledger.currency, transactions.amount, sum(ledger.amount) as ledger_amount
from {{ ref('fct_financial_ledger') }} as ledger
inner join {{ ref('stg_finance_transactions') }} as transactions
    on transactions.account = ledger.account
    and transactions.transaction_id = ledger.transaction_id
    and transactions.currency = ledger.currency
group by ledger.account, ledger.transaction_id, ledger.currency, transactions.amount
having sum(ledger.amount) <> transactions.amount
