-- Without its totals row a settlement has no currency and no deposit; with two of them one is counted twice.

select account, settlement_id, sum(case when is_total then 1 else 0 end) as totals_rows
from {{ ref('stg_settlements') }}
group by account, settlement_id
having sum(case when is_total then 1 else 0 end) <> 1
