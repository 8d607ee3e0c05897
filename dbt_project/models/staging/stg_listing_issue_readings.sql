-- Every problem in every look at its listing. Positions change from look to look, so the code and the attributes it is about tell one
-- problem from another (fct_listing_issues).

select
    account,
    marketplace,
    sku,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ listing_issue_columns() }},
    {{ lineage() }}
from ({{ every_reading(source('raw', 'listing_issues'), ['account', 'marketplace', 'sku', 'issue_position']) }}) as readings
