-- Stock at Amazon as it stands: the newest reading of each store. A SKU that this reading no longer names is not carried on, and a reading
-- that names none leaves none.

with emptied as (

    select account, marketplace, max(date) as date
    from {{ ref('data_coverage') }}
    where dataset = 'fba_inventory_summaries'
        and is_usable
        and row_count = 0
    group by account, marketplace

),

ranked as (

    select
        stock.*,
        dense_rank() over (partition by account, marketplace order by date desc) as recency
    from {{ ref('stg_fba_inventory_summaries') }} as stock

)

select
    ranked.account,
    ranked.marketplace,
    marketplaces.stock_pool,
    ranked.sku,
    ranked.fnsku,
    ranked.condition,
    ranked.asin,
    ranked.product_name,
    ranked.total_units,
    ranked.fulfillable_units,
    ranked.reserved_units,
    ranked.reserved_order_units,
    ranked.reserved_transfer_units,
    ranked.reserved_processing_units,
    ranked.researching_units,
    ranked.unsellable_units,
    ranked.inbound_working_units,
    ranked.inbound_shipped_units,
    ranked.inbound_receiving_units,
    ranked.fulfillable_units = 0 as is_out_of_stock,
    ranked.last_updated_at,
    ranked.date,
    ranked.read_at,
    ranked._report_id,
    ranked.loaded_at
from ranked
left join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace = ranked.marketplace
left join emptied
    on emptied.account = ranked.account
    and emptied.marketplace = ranked.marketplace
where ranked.recency = 1
    and (emptied.date is null or emptied.date < ranked.date)
