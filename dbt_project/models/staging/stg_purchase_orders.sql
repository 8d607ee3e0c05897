-- Amazon's orders to a vendor, each as it was read last. The same order stands in the partition of every day on which it changed.

select
    account,
    purchase_order_number,
    purchase_order_state,
    purchase_order_type,
    {{ utc_timestamp('purchase_order_date') }} as ordered_at,
    {{ utc_timestamp('purchase_order_changed_date') }} as changed_at,
    {{ utc_timestamp('purchase_order_state_changed_date') }} as state_changed_at,
    {{ utc_timestamp('ship_window_start') }} as ship_window_starts_at,
    {{ utc_timestamp('ship_window_end') }} as ship_window_ends_at,
    {{ utc_timestamp('delivery_window_start') }} as delivery_window_starts_at,
    {{ utc_timestamp('delivery_window_end') }} as delivery_window_ends_at,
    payment_method,
    deal_code,
    buying_party_id,
    selling_party_id,
    ship_to_party_id,
    ship_to_party_country_code as ship_to_country,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from ({{ newest_per_key(source('raw', 'purchase_orders'), ['account', 'purchase_order_number']) }}) as newest
