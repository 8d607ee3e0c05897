-- Every amount belongs to one part of profit: the parts and the payout are the same money.

select *
from {{ ref('sku_profit_weekly') }}
where net_proceeds + tax + reserve <> payout
