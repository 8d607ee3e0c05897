-- Sizes and weights in every look at their item. Units differ between items and stay beside their values.

select
    account,
    marketplace,
    asin,
    {{ utc_timestamp('read_at') }} as read_at,
    item_height,
    item_height_unit,
    item_length,
    item_length_unit,
    item_width,
    item_width_unit,
    item_weight,
    item_weight_unit,
    package_height,
    package_height_unit,
    package_length,
    package_length_unit,
    package_width,
    package_width_unit,
    package_weight,
    package_weight_unit,
    {{ lineage() }}
from ({{ every_reading(source('raw', 'catalog_dimensions'), ['account', 'marketplace', 'asin']) }}) as readings
