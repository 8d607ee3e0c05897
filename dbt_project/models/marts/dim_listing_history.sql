-- What a listing was, and from when to when: a row a state, made of all looks at it. A look that shows the same prolongs the state; a
-- day without a look changes nothing; a SKU that Amazon no longer answers ends its last state.

select
    account,
    marketplace,
    sku,
    version,
    valid_from,
    valid_to,
    is_current,
    last_read_at,
    readings,
    asin,
    fn_sku as fnsku,
    title,
    product_type,
    condition_type,
    listing_status,
    is_buyable,
    is_discoverable,
    price,
    price_currency as currency,
    main_image_link,
    _report_id,
    loaded_at
from (
    {{ states_of(ref('int_listing_observations'), ['account', 'marketplace', 'sku']) }}
) as states
