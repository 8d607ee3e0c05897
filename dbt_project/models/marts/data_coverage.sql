-- The answer to "is it there, and can I trust it?" for every dataset, account, marketplace and day (or week, month, quarter, year).

select
    dataset,
    report,
    account,
    marketplace,
    date,
    period,
    period_end,
    state,
    state in ('final', 'provisional', 'empty_confirmed') as is_usable,
    state in ('final', 'empty_confirmed', 'unavailable') as is_settled,
    row_count,
    report_id,
    last_loaded_at,
    reason,
    next_action,
    next_at
from {{ ref('stg_coverage') }}
