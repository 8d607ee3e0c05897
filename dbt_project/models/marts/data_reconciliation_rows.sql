-- The rows in which two sources differ: the orders and SKUs behind a difference, those inside the tolerance and those that could not
-- be judged. Rows that agree are not kept.

select
    judged.check_name,
    judged.account,
    judged.marketplace,
    judged.date,
    judged.measure,
    judged.currency,
    judged.subject,
    judged.row_key,
    checks.left_source,
    judged.left_value,
    judged.left_text,
    checks.right_source,
    judged.right_value,
    judged.right_text,
    judged.difference,
    judged.tolerance_name,
    judged.tolerance,
    case
        when judged.left_value is null then checks.left_source
        when judged.right_value is null then checks.right_source
    end as lacking_source,
    -- What Amazon may still change proves nothing yet.
    case when judged.state = 'different' and days.may_change is not null then 'waiting' else judged.state end as state,
    case when judged.state = 'different' then days.may_change else judged.reason end as reason
from {{ ref('int_reconciliation_judged') }} as judged
inner join {{ ref('reconciliation_checks') }} as checks on checks.check_name = judged.check_name
inner join {{ ref('int_reconciliation_days') }} as days
    on days.check_name = judged.check_name
    and days.account = judged.account
    and days.marketplace = judged.marketplace
    and days.date = judged.date
where judged.state <> 'equal'
    and days.left_lacks is null
    and days.right_lacks is null
