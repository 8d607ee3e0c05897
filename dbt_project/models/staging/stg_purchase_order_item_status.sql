-- How far each item of a purchase order is, from the newest reading of the order's status. Quantities in units, cases multiplied out.

select
    account,
    purchase_order_number,
    item_sequence_number,
    asin,
    confirmation_status,
    {% for quantity in ['accepted', 'rejected', 'received'] -%}
    {{ units(quantity ~ "_quantity * case when lower(" ~ quantity ~ "_quantity_unit) = 'cases' then coalesce(" ~ quantity ~ "_quantity_case_size, 1) else 1 end") }}
        as {{ quantity }}_units,
    {% endfor -%}
    receive_status,
    {{ utc_timestamp('last_receive_date') }} as last_received_at,
    {{ utc_timestamp('read_at') }} as read_at,
    {{ lineage() }}
from (
    {{ of_newest_reading(
        source('raw', 'purchase_order_item_status'),
        [source('raw', 'purchase_order_status')],
        ['account', 'purchase_order_number'],
        ['item_sequence_number'],
    ) }}
) as newest
