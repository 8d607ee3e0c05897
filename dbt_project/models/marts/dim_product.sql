-- Every SKU of an account in a marketplace: the newest listing, or, for a SKU that no listing report has named (deleted, never
-- loaded), what Amazon's APIs, orders, stock, traffic or settlements say of it. Brand and product type are the catalogue's. The same SKU
-- or ASIN in two marketplaces is two products here.

with mentions as (

    select account, marketplace, sku, asin, title, date as seen_on, 1 as source_rank
    from {{ ref('stg_merchant_listings') }}

    union all

    select account, marketplace, sku, asin, title, cast(read_at as date) as seen_on, 2 as source_rank
    from {{ ref('stg_listing_readings') }}
    where is_present

    union all

    select account, marketplace, sku, asin, product_name as title, date as seen_on, 3 as source_rank
    from {{ ref('stg_fba_inventory') }}

    union all

    select account, marketplace, sku, asin, product_name as title, date as seen_on, 4 as source_rank
    from {{ ref('stg_fba_inventory_summaries') }}

    union all

    select account, marketplace, sku, asin, product_name as title, purchase_date_local as seen_on, 5 as source_rank
    from {{ ref('fct_order_lines') }}

    union all

    select account, marketplace, sku, child_asin as asin, null as title, date as seen_on, 6 as source_rank
    from {{ ref('int_sales_traffic_by_asin') }}

    union all

    select account, marketplace, sku, null as asin, null as title, posted_date_local as seen_on, 7 as source_rank
    from {{ ref('fct_settlement_lines') }}

),

ranked as (

    select
        account,
        marketplace,
        sku,
        asin,
        title,
        min(seen_on) over (partition by account, marketplace, sku) as first_seen_on,
        max(seen_on) over (partition by account, marketplace, sku) as last_seen_on,
        row_number() over (
            partition by account, marketplace, sku
            order by source_rank, seen_on desc, asin, title
        ) as preference
    from mentions
    where sku is not null

),

listings as (

    select
        stg_merchant_listings.*,
        row_number() over (partition by account, marketplace, sku order by date desc, _row) as recency,
        max(date) over (partition by account, marketplace) as newest_report_date
    from {{ ref('stg_merchant_listings') }} as stg_merchant_listings

)

select
    ranked.account,
    ranked.marketplace,
    ranked.sku,
    ranked.asin,
    coalesce(ranked.title, catalog.title) as title,
    catalog.brand,
    catalog.product_type,
    coalesce(listings.date = listings.newest_report_date, false) as is_listed,
    listings.status as listing_status,
    listings.price as listing_price,
    marketplaces.currency as listing_currency,
    listings.fulfillment_channel,
    listings.opened_at,
    listings.date as listing_date,
    ranked.first_seen_on,
    ranked.last_seen_on
from ranked
left join listings
    on listings.account = ranked.account
    and listings.marketplace = ranked.marketplace
    and listings.sku = ranked.sku
    and listings.recency = 1
left join {{ ref('stg_catalog_items') }} as catalog
    on catalog.account = ranked.account
    and catalog.marketplace = ranked.marketplace
    and catalog.asin = ranked.asin
left join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace = ranked.marketplace
where ranked.preference = 1
