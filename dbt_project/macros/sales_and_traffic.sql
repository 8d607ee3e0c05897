{#- Sales and Traffic comes from two sources with the same columns: the report, and Data Kiosk for the days that the report's limit a
    day leaves out. `day` is the column, or expression, of the day that the figures are of. -#}

{#- The store's own totals of one day. -#}
{% macro sales_and_traffic_by_date(relation, day) -%}
select
    account,
    marketplace,
    {{ day }} as date,
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
    {{ lineage() }}
from {{ relation }}
{%- endmacro %}


{#- The figures of one SKU on one day. -#}
{% macro sales_and_traffic_by_asin(relation, day) -%}
select
    account,
    marketplace,
    {{ day }} as date,
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
    {{ lineage() }}
from {{ relation }}
{%- endmacro %}


{#- Both sources with the source of each row named: the report's rows, and Data Kiosk's for a store's days that the report has no rows
    of. A day comes from one of the two, never half from each. -#}
{% macro told_by_report_or_kiosk(report, kiosk) -%}
with report as (

    select * from {{ report }}

),

covered as (

    select distinct account, marketplace, date from {{ report }}

),

stood_in as (

    select kiosk.*
    from {{ kiosk }} as kiosk
    left join covered
        on covered.account = kiosk.account
        and covered.marketplace = kiosk.marketplace
        and covered.date = kiosk.date
    where covered.account is null

)

select report.*, 'report' as told_by from report

union all

select stood_in.*, 'data_kiosk' as told_by from stood_in
{%- endmacro %}
