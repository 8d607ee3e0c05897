-- To the cent: a difference means that lines are missing, double, or were misread.

select account, settlement_id, currency, deposit_amount, lines_amount, difference
from {{ ref('fct_settlements') }}
where difference <> 0
