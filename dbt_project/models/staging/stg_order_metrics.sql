-- Orders, units and sales of a store's day as the Sales API counts them, each day as it was read last.

select
    account,
    marketplace,
    cast(date as date) as date,
    {{ utc_timestamp('interval_start') }} as started_at,
    {{ utc_timestamp('interval_end') }} as ended_at,
    {{ units('order_count') }} as orders,
    {{ units('order_item_count') }} as order_items,
    {{ units('unit_count') }} as units_ordered,
    {{ money('total_sales_amount') }} as ordered_product_sales,
    total_sales_currency as currency,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_per_key(source('raw', 'order_metrics'), ['account', 'marketplace', 'date']) }}) as newest
