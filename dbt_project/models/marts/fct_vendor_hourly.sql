-- Rapid retail analytics: sales, sellable stock and page views of a product by hour, shortly after the hour. The three are told by
-- messages of their own, so any of them may still be missing: stacked and summed up, not joined. Preliminary beside the daily reports.

-- Redshift takes a bare null in two branches running for a text.
with told as (

    select account, marketplace_id, asin, hour_started_at, ordered_units, ordered_revenue, currency, cast(null as bigint) as sellable_units,
        cast(null as bigint) as glance_views, told_at, loaded_at
    from {{ ref('stg_item_sales_events') }}

    union all

    select account, marketplace_id, asin, hour_started_at, null as ordered_units, null as ordered_revenue, null as currency,
        sellable_units, cast(null as bigint) as glance_views, told_at, loaded_at
    from {{ ref('stg_item_inventory_events') }}

    union all

    select account, marketplace_id, asin, hour_started_at, null as ordered_units, null as ordered_revenue, null as currency,
        null as sellable_units, glance_views, told_at, loaded_at
    from {{ ref('stg_detail_page_traffic_events') }}

),

hours as (

    -- One row of each kind at most: max only chooses it.
    select
        account,
        marketplace_id,
        asin,
        hour_started_at,
        max(ordered_units) as ordered_units,
        max(ordered_revenue) as ordered_revenue,
        max(currency) as currency,
        max(sellable_units) as sellable_units,
        max(glance_views) as glance_views,
        max(told_at) as told_at,
        max(loaded_at) as loaded_at
    from told
    group by account, marketplace_id, asin, hour_started_at

)

select
    hours.account,
    coalesce(marketplaces.marketplace, 'UNKNOWN') as marketplace,
    hours.marketplace_id,
    hours.asin,
    hours.hour_started_at,
    {{ local_timestamp('hours.hour_started_at', "coalesce(marketplaces.time_zone, 'UTC')") }} as hour_started_at_local,
    {{ local_date('hours.hour_started_at', "coalesce(marketplaces.time_zone, 'UTC')") }} as date,
    {{ units('hours.ordered_units') }} as ordered_units,
    {{ money('hours.ordered_revenue') }} as ordered_revenue,
    hours.currency,
    {{ units('hours.sellable_units') }} as sellable_units,
    {{ units('hours.glance_views') }} as glance_views,
    hours.told_at,
    hours.loaded_at
from hours
left join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace_id = hours.marketplace_id
