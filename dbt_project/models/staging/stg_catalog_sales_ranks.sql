-- Best-seller ranks a day: of each ASIN the ranks of the day's last reading, in browse nodes (classification) and in the top-level group
-- (display_group). A rank that this reading no longer shows is not carried on.

{%- set looks = [source('raw', 'catalog_items'), source('raw', 'catalog_items_missing')] %}

with ranks as (

    select
        account, marketplace, asin, date, 'classification' as rank_kind, classification_id as list_id, title as list_name, rank, link,
        read_at, _report_id, _document_sha256, _row, _loaded_at
    from (
        {{ of_newest_reading(
            source('raw', 'catalog_sales_ranks'), looks, ['account', 'marketplace', 'asin', 'date'], ['classification_id']
        ) }}
    ) as classification_ranks

    union all

    select
        account, marketplace, asin, date, 'display_group' as rank_kind, website_display_group as list_id, title as list_name, rank, link,
        read_at, _report_id, _document_sha256, _row, _loaded_at
    from (
        {{ of_newest_reading(
            source('raw', 'catalog_display_group_ranks'), looks, ['account', 'marketplace', 'asin', 'date'], ['website_display_group']
        ) }}
    ) as display_group_ranks

)

select
    account,
    marketplace,
    asin,
    cast(date as date) as date,
    {{ utc_timestamp('read_at') }} as read_at,
    rank_kind,
    list_id,
    list_name,
    {{ units('rank') }} as sales_rank,
    link,
    {{ lineage() }}
from ranks
