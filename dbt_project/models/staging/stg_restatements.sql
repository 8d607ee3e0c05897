-- What Amazon changed after the fact, written by the platform from its report ledger.

select
    dataset,
    report,
    account,
    coalesce(marketplace, 'ALL') as marketplace,
    cast(date as date) as date,
    part,
    {{ units('version') }} as version,
    report_id,
    report_id_before,
    {{ utc_timestamp('created_at') }} as created_at,
    {{ utc_timestamp('loaded_at') }} as loaded_at,
    {{ units('rows_before') }} as rows_before,
    {{ units('rows') }} as row_count,
    {{ units('rows_added') }} as rows_added,
    {{ units('rows_removed') }} as rows_removed,
    {{ units('rows_changed') }} as rows_changed,
    change
from {{ source('platform', 'restatements') }}
