-- One row a settlement: its totals row, what its lines add up to, and the marketplace if its lines name only one.

with settlement_rows as (

    select * from {{ ref('stg_settlements') }}

),

marketplaces as (

    select marketplace, lower(sales_channel) as sales_channel_key, time_zone
    from {{ ref('dim_marketplace') }}

),

totals as (

    select
        account,
        settlement_id,
        settlement_started_at,
        settlement_ended_at,
        deposited_at,
        deposit_amount,
        currency,
        _report_id,
        loaded_at
    from settlement_rows
    where is_total

),

lines as (

    select
        settlement_rows.account,
        settlement_rows.settlement_id,
        {{ money('sum(settlement_rows.amount)') }} as lines_amount,
        {{ units('count(*)') }} as line_count,
        case when min(marketplaces.marketplace) = max(marketplaces.marketplace) then min(marketplaces.marketplace) end as sole_marketplace,
        case when min(marketplaces.time_zone) = max(marketplaces.time_zone) then min(marketplaces.time_zone) end as sole_time_zone
    from settlement_rows
    left join marketplaces on marketplaces.sales_channel_key = settlement_rows.sales_channel_key
    where not settlement_rows.is_total
    group by settlement_rows.account, settlement_rows.settlement_id

)

select
    totals.account,
    totals.settlement_id,
    lines.sole_marketplace,
    coalesce(lines.sole_time_zone, 'UTC') as time_zone,
    totals.currency,
    totals.settlement_started_at,
    totals.settlement_ended_at,
    totals.deposited_at,
    totals.deposit_amount,
    {{ money('coalesce(lines.lines_amount, 0)') }} as lines_amount,
    coalesce(lines.line_count, 0) as line_count,
    totals._report_id,
    totals.loaded_at
from totals
left join lines
    on lines.account = totals.account
    and lines.settlement_id = totals.settlement_id
