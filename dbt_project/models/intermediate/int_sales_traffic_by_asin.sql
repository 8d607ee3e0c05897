-- Sales and traffic with the source of each row named: the report's rows, and Data Kiosk's for a store's days that the report has no
-- rows of (its limit a day was used up). A day comes from one of the two, never half from each.

{{ told_by_report_or_kiosk(ref('stg_sales_and_traffic_by_asin'), ref('stg_dk_sales_and_traffic_by_asin')) }}
