-- The same totals as stg_sales_and_traffic_by_date, asked of Data Kiosk: what stands in where the report's limit a day is used up.

select
    account,
    marketplace,
    start_date as date,
    ordered_product_sales_currency as currency,
    {{ units('units_ordered') }} as units_ordered,
    {{ money('ordered_product_sales_amount') }} as ordered_product_sales,
    {{ units('total_order_items') }} as order_items,
    {{ units('units_refunded') }} as units_refunded,
    {{ units('units_shipped') }} as units_shipped,
    {{ money('shipped_product_sales_amount') }} as shipped_product_sales,
    {{ units('orders_shipped') }} as orders_shipped,
    {{ units('sessions') }} as sessions,
    {{ units('page_views') }} as page_views,
    buy_box_percentage,
    order_item_session_percentage,
    unit_session_percentage,
    {{ units('feedback_received') }} as feedback_received,
    {{ units('negative_feedback_received') }} as negative_feedback_received,
    _report_id,
    _document_sha256,
    _row,
    {{ utc_timestamp('_loaded_at') }} as loaded_at
from {{ source('raw', 'dk_sales_and_traffic_by_date') }}
