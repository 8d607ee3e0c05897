-- The store's own totals of one day: what the rows by product are held against.

{{ sales_and_traffic_by_date(source('raw', 'sales_and_traffic_by_date'), day='report_date') }}
