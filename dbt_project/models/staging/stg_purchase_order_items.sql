-- Items of Amazon's orders to a vendor: those of the order's newest reading. Quantities in units, cases multiplied out.

select
    account,
    purchase_order_number,
    item_sequence_number,
    asin,
    vendor_product_identifier,
    {{ units('ordered_quantity') }} as ordered_quantity,
    ordered_quantity_unit,
    {{ units('ordered_quantity_case_size') }} as ordered_case_size,
    {{ units("ordered_quantity * case when lower(ordered_quantity_unit) = 'cases' then coalesce(ordered_quantity_case_size, 1) else 1 end") }}
        as ordered_units,
    is_back_order_allowed,
    {{ money('net_cost_amount') }} as net_cost,
    net_cost_currency,
    net_cost_unit_of_measure,
    {{ money('list_price_amount') }} as list_price,
    list_price_currency,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'purchase_order_items'),
        [source('raw', 'purchase_orders')],
        ['account', 'purchase_order_number'],
        ['item_sequence_number'],
    ) }}
) as newest
