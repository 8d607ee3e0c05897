-- Every look at a listing with the price it showed, and a fingerprint of what dim_listing_history follows. Two looks with one fingerprint
-- are one state; a look without an answer is a state of its own.

with prices as (

    -- The price for everybody: the first offer to consumers of the look.
    select
        account,
        marketplace,
        sku,
        read_at,
        price,
        price_currency,
        row_number() over (partition by account, marketplace, sku, read_at order by offer_position) as preference
    from {{ ref('stg_listing_offer_readings') }}
    where coalesce(offer_type, 'B2C') = 'B2C'
        and coalesce(audience, 'ALL') = 'ALL'

),

priced as (

    select
        looks.*,
        case
            when looks.is_buyable and looks.is_discoverable then 'BUYABLE, DISCOVERABLE'
            when looks.is_buyable then 'BUYABLE'
            when looks.is_discoverable then 'DISCOVERABLE'
            else 'NONE'
        end as listing_status,
        prices.price,
        prices.price_currency
    from {{ ref('stg_listing_readings') }} as looks
    left join prices
        on prices.account = looks.account
        and prices.marketplace = looks.marketplace
        and prices.sku = looks.sku
        and prices.read_at = looks.read_at
        and prices.preference = 1

)

select
    priced.*,
    case
        when is_present then {{ fingerprint([
            'asin', 'fn_sku', 'title', 'product_type', 'condition_type', 'listing_status', 'main_image_link', as_text('price'),
            'price_currency',
        ]) }}
        else 'missing'
    end as state
from priced
