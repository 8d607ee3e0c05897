-- How many units of a product Amazon could sell in an hour: the newest message about the hour. Amazon delivers a message more than
-- once, and corrects an hour by telling it again. A state: hours are never added up.

select
    account,
    marketplace_id,
    asin,
    {{ utc_timestamp('start_time') }} as hour_started_at,
    {{ utc_timestamp('end_time') }} as hour_ended_at,
    {{ units('highly_available_inventory') }} as sellable_units,
    notification_id,
    {{ utc_timestamp('event_time') }} as told_at,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_told(source('raw', 'item_inventory_events'), ['account', 'marketplace_id', 'asin', 'start_time']) }}) as newest
