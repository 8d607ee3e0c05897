{{ config(meta={'dagster': {'ref': {'name': 'stg_orders_by_last_update'}}}) }}
-- depends_on: {{ ref('stg_orders_by_last_update') }}
-- Keeping an order's newest update keeps all its lines only while Amazon stamps all lines of one report with the same instant.
-- If that ever changes, this fails before a line is lost.

select account, amazon_order_id, _report_id
from {{ source('raw', 'orders_by_last_update') }}
group by account, amazon_order_id, _report_id
having min(last_updated_date) <> max(last_updated_date)
