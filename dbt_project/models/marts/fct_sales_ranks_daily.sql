-- Best-seller ranks of a product by day: a sample a day, of the day's last look. Amazon computes ranks anew about every hour.

select
    account,
    marketplace,
    date,
    asin,
    rank_kind,
    list_id,
    list_name,
    sales_rank,
    {{ units('lag(sales_rank) over (partition by account, marketplace, asin, rank_kind, list_id order by date)') }} as sales_rank_before,
    read_at,
    _report_id,
    loaded_at
from {{ ref('stg_catalog_sales_ranks') }}
