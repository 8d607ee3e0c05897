-- The same totals as stg_sales_and_traffic_by_date, asked of Data Kiosk: what stands in where the report's limit a day is used up.

{{ sales_and_traffic_by_date(source('raw', 'dk_sales_and_traffic_by_date'), day='start_date') }}
