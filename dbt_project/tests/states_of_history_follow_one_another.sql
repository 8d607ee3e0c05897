{{ config(meta={'dagster': {'ref': {'name': 'dim_listing_history'}}}) }}
-- Of each listing and each item one state holds at a time: none ends before it began, none overlaps the next, one at most is current.

{%- for history, key in [('dim_listing_history', 'sku'), ('dim_product_history', 'asin')] %}
select earlier.account, earlier.marketplace, earlier.{{ key }} as product, earlier.version
from {{ ref(history) }} as earlier
left join {{ ref(history) }} as later
    on later.account = earlier.account
    and later.marketplace = earlier.marketplace
    and later.{{ key }} = earlier.{{ key }}
    and later.version = earlier.version + 1
where earlier.valid_to <= earlier.valid_from
    or earlier.last_read_at >= earlier.valid_to
    or (later.version is not null and (earlier.valid_to is null or later.valid_from < earlier.valid_to))
{% if not loop.last %}union all{% endif %}
{%- endfor %}
