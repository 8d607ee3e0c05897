-- Each store's day as Amazon totals it, with the sum of its product rows beside it: the two differ when Amazon no longer
-- attributes a product, and a difference should be seen rather than guessed away.

with products as (

    select
        account,
        marketplace,
        date,
        {{ units('sum(units_ordered)') }} as product_units_ordered,
        {{ money('sum(ordered_product_sales)') }} as product_sales
    from {{ ref('int_sales_traffic_by_asin') }}
    group by account, marketplace, date

)

select
    days.account,
    days.marketplace,
    days.date,
    days.currency,
    days.units_ordered,
    days.ordered_product_sales,
    days.order_items,
    days.units_refunded,
    days.units_shipped,
    days.shipped_product_sales,
    days.sessions,
    days.page_views,
    days.buy_box_percentage,
    {{ ratio('days.units_ordered', 'days.sessions') }} as units_per_session,
    days.feedback_received,
    days.negative_feedback_received,
    products.product_units_ordered,
    products.product_sales,
    {{ money('days.ordered_product_sales - products.product_sales') }} as unattributed_sales,
    days.told_by,
    days._report_id,
    days.loaded_at
from {{ ref('int_sales_traffic_by_date') }} as days
left join products
    on products.account = days.account
    and products.marketplace = days.marketplace
    and products.date = days.date
