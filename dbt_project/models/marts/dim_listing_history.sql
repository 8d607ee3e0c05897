-- What a listing was, and from when to when: a row a state, made of all looks at it. A look that shows the same prolongs the state; a
-- day without a look changes nothing; a SKU that Amazon no longer answers ends its last state.

with marked as (

    select
        looks.*,
        case
            when lag(state) over (partition by account, marketplace, sku order by read_at) = state then 0
            else 1
        end as is_change
    from {{ ref('int_listing_observations') }} as looks

),

numbered as (

    select
        marked.*,
        sum(is_change) over (
            partition by account, marketplace, sku order by read_at rows between unbounded preceding and current row
        ) as state_number
    from marked

),

ranked as (

    select
        numbered.*,
        row_number() over (partition by account, marketplace, sku, state_number order by read_at) as look_in_state,
        min(read_at) over (partition by account, marketplace, sku, state_number) as valid_from,
        max(read_at) over (partition by account, marketplace, sku, state_number) as last_read_at,
        count(*) over (partition by account, marketplace, sku, state_number) as readings
    from numbered

),

states as (

    select
        ranked.*,
        lead(valid_from) over (partition by account, marketplace, sku order by state_number) as valid_to
    from ranked
    where look_in_state = 1

)

select
    states.account,
    states.marketplace,
    states.sku,
    row_number() over (partition by states.account, states.marketplace, states.sku order by states.valid_from) as version,
    states.valid_from,
    states.valid_to,
    states.valid_to is null as is_current,
    states.last_read_at,
    {{ units('states.readings') }} as readings,
    states.asin,
    states.fn_sku as fnsku,
    states.title,
    states.product_type,
    states.condition_type,
    states.listing_status,
    states.is_buyable,
    states.is_discoverable,
    states.price,
    states.price_currency as currency,
    states.main_image_link,
    states._report_id,
    states.loaded_at
from states
where states.is_present
