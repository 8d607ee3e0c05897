-- The same figures as stg_sales_and_traffic_by_asin, asked of Data Kiosk: what stands in where the report's limit a day is used up.

select
    account,
    marketplace,
    start_date as date,
    parent_asin,
    child_asin,
    sku,
    ordered_product_sales_currency as currency,
    {{ units('units_ordered') }} as units_ordered,
    {{ units('units_ordered_b2b') }} as units_ordered_b2b,
    {{ money('ordered_product_sales_amount') }} as ordered_product_sales,
    {{ money('ordered_product_sales_b2b_amount') }} as ordered_product_sales_b2b,
    {{ units('total_order_items') }} as order_items,
    {{ units('sessions') }} as sessions,
    {{ units('browser_sessions') }} as browser_sessions,
    {{ units('mobile_app_sessions') }} as mobile_app_sessions,
    {{ units('page_views') }} as page_views,
    buy_box_percentage,
    unit_session_percentage,
    _report_id,
    _document_sha256,
    _row,
    {{ utc_timestamp('_loaded_at') }} as loaded_at
from {{ source('raw', 'dk_sales_and_traffic_by_asin') }}
