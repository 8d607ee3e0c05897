-- When Amazon made each document, or answered each reading: the age of its numbers. Written by the platform from its report ledger.

select
    account,
    report,
    report_id,
    max({{ utc_timestamp('created_at') }}) as made_at
from {{ source('platform', 'reports') }}
where report_id is not null
    and created_at is not null
group by account, report, report_id
