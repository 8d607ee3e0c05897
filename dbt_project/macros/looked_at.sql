{#- What Amazon says of a thing that is looked at again and again: the same columns in its newest look and in every look. -#}

{#- An item of the catalogue, from raw.catalog_items. -#}
{% macro catalog_item_columns() -%}
item_name as title,
    brand,
    manufacturer,
    item_classification,
    product_type,
    color,
    size,
    style,
    model_number,
    part_position as part_number,
    {{ units('package_quantity') }} as package_quantity,
    browse_classification_id,
    browse_classification_name,
    website_display_group,
    website_display_group_name,
    release_date,
    {{ money('list_price_amount') }} as list_price,
    list_price_currency,
    bullet_points
{%- endmacro %}


{#- A listing, from raw.listings. -#}
{% macro listing_columns() -%}
asin,
    fn_sku,
    item_name as title,
    product_type,
    condition_type,
    status,
    coalesce(status like '%"BUYABLE"%', false) as is_buyable,
    coalesce(status like '%"DISCOVERABLE"%', false) as is_discoverable,
    main_image_link,
    {{ utc_timestamp('created_date') }} as created_at,
    {{ utc_timestamp('last_updated_date') }} as last_updated_at
{%- endmacro %}


{#- A problem of a listing, from raw.listing_issues. -#}
{% macro listing_issue_columns() -%}
issue_position,
    code,
    severity,
    message,
    attribute_names,
    categories,
    enforcement_actions,
    exemption_status,
    {{ utc_timestamp('exemption_expiry_date') }} as exemption_expires_at
{%- endmacro %}
