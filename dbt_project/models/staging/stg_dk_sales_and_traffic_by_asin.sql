-- The same figures as stg_sales_and_traffic_by_asin, asked of Data Kiosk: what stands in where the report's limit a day is used up.

{{ sales_and_traffic_by_asin(source('raw', 'dk_sales_and_traffic_by_asin'), day='start_date') }}
