-- One SKU on one day in one marketplace. A restated day replaces its partition as a whole, so nothing is left to de-duplicate.

{{ sales_and_traffic_by_asin(source('raw', 'sales_and_traffic_by_asin'), day='cast(date as date)') }}
