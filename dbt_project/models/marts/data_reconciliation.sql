-- Do Amazon's sources agree? One row a comparison: two sources, a store, a day and a measure, with both numbers and what came out.
-- The numbers are those of the rows that could be judged. A day on which a source holds nothing is never equal and never different.

with judged as (

    select
        check_name,
        account,
        marketplace,
        date,
        measure,
        currency,
        sum(left_value) as all_left,
        sum(right_value) as all_right,
        sum(case when state in ('equal', 'within_tolerance', 'different') then coalesce(left_value, 0) else 0 end) as left_value,
        sum(case when state in ('equal', 'within_tolerance', 'different') then coalesce(right_value, 0) else 0 end) as right_value,
        sum(case when state in ('equal', 'within_tolerance', 'different') then tolerance else 0 end) as tolerance,
        sum(case when state in ('equal', 'within_tolerance', 'different') then 1 else 0 end) as rows_compared,
        sum(case when state = 'different' then 1 else 0 end) as rows_different,
        sum(case when state = 'within_tolerance' then 1 else 0 end) as rows_within_tolerance,
        sum(case when state = 'waiting' then 1 else 0 end) as rows_waiting,
        sum(case when state = 'excluded' then 1 else 0 end) as rows_excluded,
        min(case when state = 'waiting' then reason end) as waiting_reason,
        min(case when state = 'excluded' then reason end) as excluded_reason
    from {{ ref('int_reconciliation_judged') }}
    group by check_name, account, marketplace, date, measure, currency

),

measures as (

    select check_name, measure, unit, tolerance as tolerance_name
    from {{ ref('reconciliation_tolerances') }}
    where applies_to = 'row'

),

comparisons as (

    select
        days.check_name,
        days.account,
        days.marketplace,
        days.date,
        measures.measure,
        measures.unit,
        coalesce(judged.currency, case when measures.unit = 'money' then marketplaces.currency end) as currency,
        checks.subject,
        checks.left_source,
        checks.right_source,
        measures.tolerance_name,
        days.left_lacks,
        days.right_lacks,
        days.may_change,
        judged.all_left,
        judged.all_right,
        coalesce(judged.left_value, 0) as left_value,
        coalesce(judged.right_value, 0) as right_value,
        coalesce(judged.tolerance, 0) as tolerance,
        coalesce(judged.rows_compared, 0) as rows_compared,
        -- What Amazon may still change proves nothing yet.
        case when days.may_change is null then coalesce(judged.rows_different, 0) else 0 end as rows_different,
        coalesce(judged.rows_within_tolerance, 0) as rows_within_tolerance,
        coalesce(judged.rows_waiting, 0)
            + case when days.may_change is null then 0 else coalesce(judged.rows_different, 0) end as rows_waiting,
        coalesce(judged.rows_excluded, 0) as rows_excluded,
        judged.waiting_reason,
        judged.excluded_reason
    from {{ ref('int_reconciliation_days') }} as days
    inner join measures on measures.check_name = days.check_name
    inner join {{ ref('reconciliation_checks') }} as checks on checks.check_name = days.check_name
    inner join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace = days.marketplace
    left join judged
        on judged.check_name = days.check_name
        and judged.account = days.account
        and judged.marketplace = days.marketplace
        and judged.date = days.date
        and judged.measure = measures.measure

)

select
    check_name,
    account,
    marketplace,
    date,
    measure,
    unit,
    currency,
    subject,
    left_source,
    case when left_lacks is not null then null when right_lacks is not null then {{ money('all_left') }} else {{ money('left_value') }} end as left_value,
    right_source,
    case when right_lacks is not null then null when left_lacks is not null then {{ money('all_right') }} else {{ money('right_value') }} end as right_value,
    case when left_lacks is null and right_lacks is null then {{ money('right_value - left_value') }} end as difference,
    tolerance_name,
    case when left_lacks is null and right_lacks is null then {{ money('tolerance') }} end as tolerance,
    case
        when left_lacks is not null or right_lacks is not null then 'not_comparable'
        when rows_different > 0 then 'different'
        when rows_waiting > 0 or (rows_compared = 0 and rows_excluded > 0) then 'not_comparable'
        when rows_within_tolerance > 0 then 'within_tolerance'
        else 'equal'
    end as state,
    case
        when left_lacks is not null then left_lacks
        when right_lacks is not null then right_lacks
        when rows_waiting > 0 then coalesce(may_change, waiting_reason)
        when rows_excluded > 0 then excluded_reason
    end as reason,
    {{ units('rows_compared') }} as rows_compared,
    {{ units('rows_different') }} as rows_different,
    {{ units('rows_within_tolerance') }} as rows_within_tolerance,
    {{ units('rows_waiting') }} as rows_waiting,
    {{ units('rows_excluded') }} as rows_excluded
from comparisons
