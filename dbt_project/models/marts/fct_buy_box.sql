-- How the offers of a product stood after each change that Amazon told of: the featured (buy box) price of the condition, the own offer,
-- the lowest one. The message does not name who is featured: the own offer may be, when its price is the featured one.

with featured as (

    select
        account,
        notification_id,
        item_condition,
        landed_price,
        currency,
        row_number() over (partition by account, notification_id, item_condition order by price_position) as preference
    from {{ ref('stg_any_offer_changed_buy_box_prices') }}

),

offers as (

    select
        offers.account,
        offers.notification_id,
        count(*) as offer_count,
        min(offers.landed_price) as lowest_landed_price,
        max(offers.currency) as currency,
        min(case when offers.offer_seller_id = changes.seller_id then offers.landed_price end) as own_landed_price,
        sum(case when offers.offer_seller_id = changes.seller_id then 1 else 0 end) as own_offers,
        max(case when offers.offer_seller_id = changes.seller_id and offers.is_featured_merchant then 1 else 0 end) as own_can_be_featured
    from {{ ref('stg_any_offer_changed_offers') }} as offers
    inner join {{ ref('stg_any_offer_changed') }} as changes
        on changes.account = offers.account
        and changes.notification_id = offers.notification_id
    group by offers.account, offers.notification_id

)

select
    changes.account,
    coalesce(marketplaces.marketplace, 'UNKNOWN') as marketplace,
    changes.notification_id,
    changes.asin,
    changes.item_condition,
    changes.changed_at,
    {{ local_date('changes.changed_at', "coalesce(marketplaces.time_zone, 'UTC')") }} as date,
    changes.offer_change_type,
    coalesce(featured.currency, offers.currency, changes.currency, marketplaces.currency) as currency,
    featured.landed_price as featured_landed_price,
    featured.landed_price is not null as has_featured_offer,
    offers.own_landed_price,
    coalesce(offers.own_offers, 0) > 0 as has_own_offer,
    coalesce(offers.own_can_be_featured, 0) = 1 as own_can_be_featured,
    coalesce(offers.own_landed_price = featured.landed_price, false) as is_own_price_featured,
    offers.lowest_landed_price,
    {{ money('offers.own_landed_price - offers.lowest_landed_price') }} as own_above_lowest,
    changes.competitive_price_threshold,
    {{ units('coalesce(offers.offer_count, 0)') }} as offer_count,
    changes.eligible_offers as eligible_offer_count,
    changes._report_id,
    changes.read_at,
    changes.loaded_at
from {{ ref('stg_any_offer_changed') }} as changes
left join featured
    on featured.account = changes.account
    and featured.notification_id = changes.notification_id
    and featured.item_condition = lower(changes.item_condition)
    and featured.preference = 1
left join offers
    on offers.account = changes.account
    and offers.notification_id = changes.notification_id
left join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace_id = changes.marketplace_id
