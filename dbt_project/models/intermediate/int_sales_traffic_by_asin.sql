-- Sales and traffic with the source of each row named: the report's rows, and Data Kiosk's for a store's days that the report has no
-- rows of (its limit a day was used up). A day comes from one of the two, never half from each.

with report as (

    select * from {{ ref('stg_sales_and_traffic_by_asin') }}

),

covered as (

    select distinct account, marketplace, date from {{ ref('stg_sales_and_traffic_by_asin') }}

),

stood_in as (

    select kiosk.*
    from {{ ref('stg_dk_sales_and_traffic_by_asin') }} as kiosk
    left join covered
        on covered.account = kiosk.account
        and covered.marketplace = kiosk.marketplace
        and covered.date = kiosk.date
    where covered.account is null

)

select report.*, 'report' as told_by from report

union all

select stood_in.*, 'data_kiosk' as told_by from stood_in
