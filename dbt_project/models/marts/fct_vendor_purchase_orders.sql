-- Amazon's orders to a vendor, an item a row: what was ordered, confirmed and received so far. Orders name warehouses and not stores:
-- the country is the warehouse's. The order and its status are two readings, so the status may be the newer one.

select
    items.account,
    items.purchase_order_number,
    items.item_sequence_number,
    orders.purchase_order_state,
    orders.purchase_order_type,
    orders.ordered_at,
    orders.changed_at,
    orders.ship_window_starts_at,
    orders.ship_window_ends_at,
    orders.delivery_window_starts_at,
    orders.delivery_window_ends_at,
    orders.selling_party_id,
    orders.ship_to_party_id,
    orders.ship_to_country,
    items.asin,
    items.vendor_product_identifier,
    items.ordered_quantity,
    items.ordered_quantity_unit,
    items.ordered_case_size,
    items.ordered_units,
    items.net_cost,
    items.net_cost_currency as currency,
    case when items.net_cost_unit_of_measure is null then {{ money('items.net_cost * items.ordered_units') }} end as ordered_cost,
    items.is_back_order_allowed,
    progress.confirmation_status,
    progress.accepted_units,
    progress.rejected_units,
    progress.receive_status,
    progress.received_units,
    progress.last_received_at,
    -- Amazon closes an order that is received, rejected or cancelled: nothing of it is still to come.
    case
        when orders.purchase_order_state = 'Closed' then 0
        when progress.purchase_order_number is not null
            then {{ units('coalesce(progress.accepted_units, 0) - coalesce(progress.received_units, 0)') }}
    end as outstanding_units,
    items._report_id,
    items.read_at,
    items.loaded_at
from {{ ref('stg_purchase_order_items') }} as items
inner join {{ ref('stg_purchase_orders') }} as orders
    on orders.account = items.account
    and orders.purchase_order_number = items.purchase_order_number
left join {{ ref('stg_purchase_order_item_status') }} as progress
    on progress.account = items.account
    and progress.purchase_order_number = items.purchase_order_number
    and progress.item_sequence_number = items.item_sequence_number
