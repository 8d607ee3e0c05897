-- The listings report against the Listings API, SKU by SKU of one UTC day. Both look at the same listings some hours apart: a listing
-- that Amazon says was changed in that time is left out when the two differ, and compared again the next day.

{%- set check = 'listings_report_vs_listings_api' %}
{%- set cached = var('reconciliation_listings_cached_hours', 6) | int %}

with readings as (

    select
        looks.*,
        cast(looks.read_at as date) as date,
        row_number() over (
            partition by looks.account, looks.marketplace, looks.sku, cast(looks.read_at as date) order by looks.read_at desc
        ) as recency
    from {{ ref('stg_listing_readings') }} as looks

),

offers as (

    select account, marketplace, sku, read_at, min(price) as price, min(price_currency) as currency
    from {{ ref('stg_listing_offer_readings') }}
    where coalesce(offer_type, 'B2C') = 'B2C'
        and coalesce(audience, 'ALL') = 'ALL'
    group by account, marketplace, sku, read_at

),

channels as (

    select
        account,
        marketplace,
        sku,
        read_at,
        sum(case when fulfillment_channel_code = 'DEFAULT' then quantity end) as quantity,
        count(*) as channels
    from {{ ref('stg_listing_fulfillment_availability_readings') }}
    group by account, marketplace, sku, read_at

),

reported as (

    select
        listings.account,
        listings.marketplace,
        listings.date,
        listings.sku,
        max(listings.price) as price,
        sum(listings.seller_quantity) as quantity,
        max(case when lower(listings.status) = 'active' then 1 else 0 end) as active,
        max(listings.status) as status,
        max(listings.asin) as asin,
        max(reports.made_at) as made_at,
        lead(listings.date) over (partition by listings.account, listings.marketplace, listings.sku order by listings.date) as listed_next_on
    from {{ ref('stg_merchant_listings') }} as listings
    left join {{ ref('stg_reports') }} as reports
        on reports.account = listings.account
        and reports.report_id = listings._report_id
    where listings.date >= {{ reconciled_since() }}
    group by listings.account, listings.marketplace, listings.date, listings.sku

),

answered as (

    select
        readings.account,
        readings.marketplace,
        readings.date,
        readings.sku,
        case when readings.is_present then 1 else 0 end as is_present,
        offers.price,
        offers.currency,
        channels.quantity,
        case when readings.is_buyable then 1 else 0 end as active,
        readings.status,
        readings.asin,
        -- The parent of a variation family is a listing without an offer, which the report does not list.
        case when offers.sku is null and channels.sku is null then 1 else 0 end as is_no_offer,
        readings.last_updated_at,
        readings.read_at
    from readings
    left join offers
        on offers.account = readings.account
        and offers.marketplace = readings.marketplace
        and offers.sku = readings.sku
        and offers.read_at = readings.read_at
    left join channels
        on channels.account = readings.account
        and channels.marketplace = readings.marketplace
        and channels.sku = readings.sku
        and channels.read_at = readings.read_at
    where readings.recency = 1
        and readings.date >= {{ reconciled_since() }}

),

stacked as (

    select account, marketplace, date, sku, 1 as left_listed, price as left_price, quantity as left_quantity, active as left_active,
        status as left_status, asin as left_asin, made_at, listed_next_on, cast(null as bigint) as was_asked, cast(null as bigint) as right_listed,
        cast(null as decimal(18, 4)) as right_price, {{ no_text() }} as right_currency, cast(null as bigint) as right_quantity,
        cast(null as bigint) as right_active, {{ no_text() }} as right_status, {{ no_text() }} as right_asin,
        cast(null as bigint) as is_no_offer, {{ no_time() }} as last_updated_at, {{ no_time() }} as read_at
    from reported

    union all

    select account, marketplace, date, sku, null, null, null, null, null, null, null, null, 1, is_present, price, currency, quantity, active,
        status, asin, is_no_offer, last_updated_at, read_at
    from answered

),

pairs as (

    select account, marketplace, date, sku, max(left_listed) as left_listed, max(left_price) as left_price,
        max(left_quantity) as left_quantity, max(left_active) as left_active, max(left_status) as left_status,
        max(left_asin) as left_asin, max(made_at) as made_at, max(listed_next_on) as listed_next_on, max(was_asked) as was_asked, max(right_listed) as right_listed, max(right_price) as right_price,
        max(right_currency) as right_currency, max(right_quantity) as right_quantity, max(right_active) as right_active,
        max(right_status) as right_status, max(right_asin) as right_asin, max(is_no_offer) as is_no_offer,
        max(last_updated_at) as last_updated_at, max(read_at) as read_at
    from stacked
    group by account, marketplace, date, sku

),

next_reports as (

    select account, marketplace, {{ add_days('date', -1) }} as date
    from {{ ref('int_reconciliation_coverage') }}
    where dataset = 'merchant_listings'
        and is_usable

),

looked_at as (

    select
        pairs.*,
        marketplaces.currency as store_currency,
        -- A SKU that was not asked for is neither there nor missing.
        case
            when pairs.was_asked is null
                then 'The Listings API was not asked for the SKU on this day: it is asked for those the store of identifiers knows.'
            when pairs.read_at < pairs.made_at
                then 'The report was made after the Listings API was read: what changed in between is not known.'
            when pairs.left_listed = 1 and pairs.right_listed = 0 and next_reports.account is null
                then 'Whether the listing was deleted between the two looks is what the next day''s report tells, which is not loaded.'
            else {{ no_text() }}
        end as waits_for,
        -- The report may be some hours old when it is made.
        case
            when pairs.last_updated_at >= {{ add_minutes('cast(pairs.date as timestamp)', -60 * cached) }}
                then 'The listing was changed between the two looks.'
            when pairs.left_listed = 1 and pairs.right_listed = 0 and next_reports.account is not null
                and coalesce(pairs.listed_next_on > {{ add_days('pairs.date', 1) }}, true)
                then 'The listing was deleted between the two looks: the next day''s report does not list it either.'
            when pairs.left_listed is null and pairs.is_no_offer = 1
                then 'A listing without an offer, such as the parent of a variation family.'
            else {{ no_text() }}
        end as excluded_because
    from pairs
    inner join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace = pairs.marketplace
    left join next_reports
        on next_reports.account = pairs.account
        and next_reports.marketplace = pairs.marketplace
        and next_reports.date = pairs.date
    -- A deleted SKU that neither of them lists agrees without saying so.
    where coalesce(pairs.left_listed, pairs.right_listed) = 1

),

on_both as (

    select * from looked_at where left_listed = 1 and right_listed = 1

),

-- One row a currency: a price in another currency than the store's is no price of this store.
priced as (

    select account, marketplace, date, sku, store_currency as currency, left_price,
        case when coalesce(right_currency, store_currency) = store_currency then right_price end as right_price,
        left_status, right_status, waits_for, excluded_because
    from on_both

    union all

    select account, marketplace, date, sku, right_currency, null, right_price, left_status, right_status, waits_for, excluded_because
    from on_both
    where right_currency <> store_currency

)

{{ compared(check, 'listings', 'SKU', 'sku', 'left_listed', 'right_listed', left_text='left_status', right_text='right_status', waits_for='waits_for', excluded_because='excluded_because') }}
from looked_at

union all

{{ compared(check, 'price', 'SKU', 'sku', 'left_price', 'right_price', currency='currency', left_text='left_status', right_text='right_status', waits_for='waits_for', excluded_because='excluded_because') }}
from priced

union all

{{ compared(check, 'quantity', 'SKU', 'sku', 'left_quantity', 'right_quantity', left_text='left_status', right_text='right_status', waits_for='waits_for', excluded_because='excluded_because') }}
from on_both

union all

{{ compared(check, 'active', 'SKU', 'sku', 'left_active', 'right_active', left_text='left_status', right_text='right_status', waits_for='waits_for', excluded_because='excluded_because') }}
from on_both

union all

{{ compared(check, 'asin', 'SKU', 'sku', '1', 'case when left_asin = right_asin then 1 else 0 end', left_text='left_asin', right_text='right_asin', waits_for='waits_for', excluded_because='excluded_because') }}
from on_both
where left_asin is not null
    and right_asin is not null
