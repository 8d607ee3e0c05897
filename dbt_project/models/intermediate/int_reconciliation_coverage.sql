-- What is known about the days of the sources that are held against each other. `loaded_until` is the newest day of the source that
-- may be read: what changed after it cannot be in it.

with sources as (

    select
        account,
        marketplace,
        dataset,
        date,
        is_usable,
        is_settled and is_usable as is_final,
        last_loaded_at,
        report_id,
        coalesce(reason, 'nothing is known about it.') as reason
    from {{ ref('data_coverage') }}
    where dataset in (
            'orders_by_last_update', 'api_orders', 'sales_and_traffic_by_date', 'finance_transactions', 'merchant_listings', 'listings',
            'fba_inventory', 'fba_inventory_summaries', 'ledger_summary'
        )
        and period = 'day'
        and date >= {{ add_days(reconciled_since(), -7) }}

)

select
    sources.account,
    sources.marketplace,
    sources.dataset,
    sources.date,
    sources.is_usable,
    sources.is_final,
    sources.last_loaded_at,
    reports.made_at,
    sources.reason,
    max(case when sources.is_usable then sources.date end)
        over (partition by sources.account, sources.marketplace, sources.dataset) as loaded_until
from sources
left join {{ ref('stg_reports') }} as reports
    on reports.account = sources.account
    and reports.report_id = sources.report_id
