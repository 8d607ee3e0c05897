-- Amazon's Business Report per SKU and day, in the marketplace's own days. Sessions do not add up over products (a visit to two
-- products counts for both): for the store's visits use fct_marketplace_daily. Data Kiosk stands in for days without the report.

select
    account,
    marketplace,
    date,
    sku,
    child_asin,
    parent_asin,
    currency,
    units_ordered,
    units_ordered_b2b,
    ordered_product_sales,
    ordered_product_sales_b2b,
    order_items,
    sessions,
    browser_sessions,
    mobile_app_sessions,
    page_views,
    buy_box_percentage,
    {{ ratio('units_ordered', 'sessions') }} as units_per_session,
    told_by,
    _report_id,
    loaded_at
from {{ ref('int_sales_traffic_by_asin') }}
