-- Each settlement with the proof that its lines are complete: what they add up to against what Amazon paid out.

select
    account,
    settlement_id,
    coalesce(sole_marketplace, 'SEVERAL') as marketplace,
    currency,
    settlement_started_at,
    settlement_ended_at,
    cast(deposited_at as date) as deposit_date,
    deposit_amount,
    lines_amount,
    {{ money('lines_amount - deposit_amount') }} as difference,
    line_count,
    _report_id,
    loaded_at
from {{ ref('int_settlement_headers') }}
