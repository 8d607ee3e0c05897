-- The featured price of each condition after each change; no row: nothing is featured. A message delivered twice is one.

select
    account,
    notification_id,
    price_position,
    marketplace_id,
    asin,
    lower(condition) as item_condition,
    {{ money('coalesce(landed_price_amount, listing_price_amount + coalesce(shipping_amount, 0))') }} as landed_price,
    {{ money('listing_price_amount') }} as listing_price,
    {{ money('coalesce(shipping_amount, 0)') }} as shipping_price,
    coalesce(landed_price_currency, listing_price_currency) as currency,
    {{ lineage() }}
from ({{ newest_told(source('raw', 'any_offer_changed_buy_box_prices'), ['account', 'notification_id', 'price_position']) }}) as newest
