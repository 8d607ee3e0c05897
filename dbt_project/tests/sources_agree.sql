{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'data_reconciliation'}}}) }}
-- Amazon's sources tell the same story: no comparison of two of them is different. A warning, because the numbers are Amazon's and
-- somebody has to look: data_reconciliation_rows names the orders and SKUs.

select check_name, account, marketplace, date, measure, currency, left_source, left_value, right_source, right_value, difference, tolerance
from {{ ref('data_reconciliation') }}
where state = 'different'
