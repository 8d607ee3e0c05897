{{ config(materialized='table') }}
-- Every compared row of every check with its tolerance and what came out. A row that cannot be judged is only said to be so where the
-- two sources differ: an agreement needs no excuse.

with compared as (

    {% for subject in ['orders_api', 'sales_and_traffic', 'finances', 'listings', 'inventory_api', 'ledger'] -%}
    select * from {{ ref('int_reconciliation_' ~ subject) }}
    {% if not loop.last %}union all {% endif %}
    {%- endfor %}

),

tolerances as (

    select * from {{ ref('reconciliation_tolerances') }}

),

measured as (

    select
        compared.*,
        coalesce(compared.right_value, 0) - coalesce(compared.left_value, 0) as difference,
        case
            when abs(coalesce(compared.left_value, 0)) > abs(coalesce(compared.right_value, 0)) then abs(coalesce(compared.left_value, 0))
            else abs(coalesce(compared.right_value, 0))
        end as size_of_it
    from compared
    where compared.left_value is not null
        or compared.right_value is not null

),

allowed as (

    select
        measured.*,
        exactly.tolerance as usual_tolerance,
        extras.tolerance as extra_tolerance,
        {{ money('exactly.absolute + exactly.relative * measured.size_of_it') }} as usual_allowance,
        {{ money('coalesce(measured.extra_count * (extras.absolute + extras.relative * measured.size_of_it), 0)') }} as extra_allowance
    from measured
    inner join tolerances as exactly
        on exactly.check_name = measured.check_name
        and exactly.measure = measured.measure
        and exactly.applies_to = 'row'
    left join tolerances as extras
        on extras.check_name = measured.check_name
        and extras.measure = measured.measure
        and extras.applies_to = 'extra'

)

select
    check_name,
    account,
    marketplace,
    date,
    subject,
    row_key,
    measure,
    currency,
    left_value,
    right_value,
    left_text,
    right_text,
    difference,
    case when extra_allowance > 0 then extra_tolerance else usual_tolerance end as tolerance_name,
    usual_allowance + extra_allowance as tolerance,
    case
        when difference = 0 then 'equal'
        when abs(difference) <= usual_allowance + extra_allowance then 'within_tolerance'
        when excluded_because is not null then 'excluded'
        when waits_for is not null then 'waiting'
        else 'different'
    end as state,
    coalesce(excluded_because, waits_for) as reason
from allowed
