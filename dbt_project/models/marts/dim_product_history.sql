-- What Amazon's catalogue said of an ASIN, and from when to when: a row a state, made of all looks at it. Ranks are not part of it: they
-- change every hour (fct_sales_ranks_daily). An ASIN that Amazon no longer answers ends its last state.

with marked as (

    select
        looks.*,
        case
            when lag(state) over (partition by account, marketplace, asin order by read_at) = state then 0
            else 1
        end as is_change
    from {{ ref('int_catalog_observations') }} as looks

),

numbered as (

    select
        marked.*,
        sum(is_change) over (
            partition by account, marketplace, asin order by read_at rows between unbounded preceding and current row
        ) as state_number
    from marked

),

ranked as (

    select
        numbered.*,
        row_number() over (partition by account, marketplace, asin, state_number order by read_at) as look_in_state,
        min(read_at) over (partition by account, marketplace, asin, state_number) as valid_from,
        max(read_at) over (partition by account, marketplace, asin, state_number) as last_read_at,
        count(*) over (partition by account, marketplace, asin, state_number) as readings
    from numbered

),

states as (

    select
        ranked.*,
        lead(valid_from) over (partition by account, marketplace, asin order by state_number) as valid_to
    from ranked
    where look_in_state = 1

)

select
    states.account,
    states.marketplace,
    states.asin,
    row_number() over (partition by states.account, states.marketplace, states.asin order by states.valid_from) as version,
    states.valid_from,
    states.valid_to,
    states.valid_to is null as is_current,
    states.last_read_at,
    {{ units('states.readings') }} as readings,
    states.title,
    states.brand,
    states.manufacturer,
    states.item_classification,
    states.product_type,
    states.color,
    states.size,
    states.style,
    states.model_number,
    states.part_number,
    states.package_quantity,
    states.browse_classification_id,
    states.browse_classification_name,
    states.website_display_group,
    states.release_date,
    states.list_price,
    states.list_price_currency,
    states.bullet_points,
    states.main_image_link,
    states.item_height,
    states.item_height_unit,
    states.item_length,
    states.item_length_unit,
    states.item_width,
    states.item_width_unit,
    states.item_weight,
    states.item_weight_unit,
    states.package_height,
    states.package_height_unit,
    states.package_length,
    states.package_length_unit,
    states.package_width,
    states.package_width_unit,
    states.package_weight,
    states.package_weight_unit,
    states._report_id,
    states.loaded_at
from states
where states.is_present
