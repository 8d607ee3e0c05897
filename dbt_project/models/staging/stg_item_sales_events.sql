-- What customers ordered of a product in an hour: the newest message about the hour. Amazon delivers a message more than
-- once, and corrects an hour by telling it again. They are preliminary.

select
    account,
    marketplace_id,
    asin,
    {{ utc_timestamp('start_time') }} as hour_started_at,
    {{ utc_timestamp('end_time') }} as hour_ended_at,
    {{ units('ordered_units') }} as ordered_units,
    {{ money('ordered_revenue') }} as ordered_revenue,
    currency_code as currency,
    notification_id,
    {{ utc_timestamp('event_time') }} as told_at,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_told(source('raw', 'item_sales_events'), ['account', 'marketplace_id', 'asin', 'start_time']) }}) as newest
