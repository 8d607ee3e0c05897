-- How often a product's page was looked at in an hour: the newest message about the hour. Amazon delivers a message more than
-- once, and corrects an hour by telling it again. Hours add up.

select
    account,
    marketplace_id,
    asin,
    {{ utc_timestamp('start_time') }} as hour_started_at,
    {{ utc_timestamp('end_time') }} as hour_ended_at,
    {{ units('glance_views') }} as glance_views,
    notification_id,
    {{ utc_timestamp('event_time') }} as told_at,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_told(source('raw', 'detail_page_traffic_events'), ['account', 'marketplace_id', 'asin', 'start_time']) }}) as newest
