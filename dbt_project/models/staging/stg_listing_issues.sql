-- Problems that listings have now: those of each SKU's newest reading. What that reading no longer shows is solved.

select
    account,
    marketplace,
    sku,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ listing_issue_columns() }},
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'listing_issues'),
        [source('raw', 'listings'), source('raw', 'listings_missing')],
        ['account', 'marketplace', 'sku'],
        ['issue_position'],
    ) }}
) as newest
