-- What is known about every partition, written by the platform from its report ledger.

select
    dataset,
    report,
    account,
    coalesce(marketplace, 'ALL') as marketplace,
    cast(date as date) as date,
    period,
    cast(period_end as date) as period_end,
    state,
    {{ units('rows') }} as row_count,
    report_id,
    {{ utc_timestamp('last_loaded_at') }} as last_loaded_at,
    reason,
    next_action,
    {{ utc_timestamp('next_at') }} as next_at
from {{ source('platform', 'coverage') }}
