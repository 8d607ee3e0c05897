-- What Amazon settled: every amount by component, per SKU and marketplace-local week of posting.
-- Amounts without a SKU (subscriptions, storage, advertising) stay visible under their own name.

select
    account,
    marketplace,
    currency,
    coalesce(sku, '(no SKU)') as sku,
    {{ week_start('posted_date_local') }} as week_start,
    {{ units('sum(units_sold)') }} as settled_units,
    {% for component in ['revenue', 'promotions', 'refunds', 'fees', 'advertising', 'other', 'tax', 'reserve'] -%}
    {{ money("sum(case when component = '" ~ component ~ "' then amount else 0 end)") }} as {{ component }},
    {% endfor -%}
    {{ money('sum(amount)') }} as payout
from {{ ref('fct_settlement_lines') }}
group by account, marketplace, currency, coalesce(sku, '(no SKU)'), {{ week_start('posted_date_local') }}
