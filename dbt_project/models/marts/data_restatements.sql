-- Numbers that were read yesterday and are others today: which partition Amazon changed, when, and by how much.

select
    dataset,
    report,
    account,
    marketplace,
    date,
    part,
    version,
    report_id,
    report_id_before,
    created_at,
    loaded_at,
    rows_before,
    row_count,
    rows_added,
    rows_removed,
    rows_changed,
    change
from {{ ref('stg_restatements') }}
