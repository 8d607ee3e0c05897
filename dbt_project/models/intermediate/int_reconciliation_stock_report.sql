-- The stock of a store's inventory report by SKU, with the instant the report was made and the store's day of that instant.

select
    stock.account,
    stock.marketplace,
    stock.date,
    stock.sku,
    sum(stock.fulfillable_units) as fulfillable_units,
    sum(stock.reserved_units) as reserved_units,
    sum(stock.unsellable_units) as unsellable_units,
    sum(stock.warehouse_units) as warehouse_units,
    -- Amazon's instant where the ledger knows it; loading comes after it.
    max(coalesce(reports.made_at, stock.loaded_at)) as made_at,
    {{ local_date('max(coalesce(reports.made_at, stock.loaded_at))', 'marketplaces.time_zone') }} as local_day
from {{ ref('stg_fba_inventory') }} as stock
inner join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace = stock.marketplace
left join {{ ref('stg_reports') }} as reports
    on reports.account = stock.account
    and reports.report_id = stock._report_id
where stock.date >= {{ reconciled_since() }}
group by stock.account, stock.marketplace, stock.date, stock.sku, marketplaces.time_zone
