-- Every look at an item of the catalogue with its main image and measures, and a fingerprint of what dim_product_history follows.
-- Two looks with one fingerprint are one state; a look without an answer is a state of its own.

{%- set measures = ['item_height', 'item_length', 'item_width', 'item_weight', 'package_height', 'package_length', 'package_width', 'package_weight'] %}
{%- set texts = [
    'title', 'brand', 'manufacturer', 'item_classification', 'product_type', 'color', 'size', 'style', 'model_number', 'part_number',
    'browse_classification_id', 'website_display_group', 'list_price_currency', 'bullet_points', 'main_image_link',
] %}

with described as (

    select
        looks.*,
        images.link as main_image_link,
        {% for measure in measures -%}
        dimensions.{{ measure }},
        dimensions.{{ measure }}_unit{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('stg_catalog_item_readings') }} as looks
    left join {{ ref('stg_catalog_image_readings') }} as images
        on images.account = looks.account
        and images.marketplace = looks.marketplace
        and images.asin = looks.asin
        and images.read_at = looks.read_at
        and images.variant = 'MAIN'
        and images.is_original
    left join {{ ref('stg_catalog_dimension_readings') }} as dimensions
        on dimensions.account = looks.account
        and dimensions.marketplace = looks.marketplace
        and dimensions.asin = looks.asin
        and dimensions.read_at = looks.read_at

)

{%- set followed = texts + [as_text('list_price'), as_text('package_quantity'), as_text('release_date')] %}
{%- for measure in measures %}{% do followed.extend([as_text(measure), measure ~ '_unit']) %}{% endfor %}

select
    described.*,
    case when is_present then {{ fingerprint(followed) }} else 'missing' end as state
from described
