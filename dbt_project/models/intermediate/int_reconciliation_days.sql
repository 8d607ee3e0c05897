-- Which days of which store can be compared at all: both sources must hold the days that the comparison takes. What a source lacks is
-- said in its own words (`left_lacks`, `right_lacks`); `may_change` says which of them Amazon may still restate: a difference then
-- proves nothing yet, an agreement stands.

{%- set settles = var('reconciliation_order_days', 7) | int %}
{%- set posted_within = var('reconciliation_posting_days', 2) | int %}
{%- set late = 30 %}
{#- A source of UTC days serves a store's day with the two UTC days it lies in, and `more` days after them. An order that changes moves to
    the day of the change: a hole in the `late` days after leaves doubt, unless the comparison looks at each order's last change itself. -#}
{%- set orders = {'label': 'Orders report', 'dataset': 'orders_by_last_update', 'days': 'utc', 'more': 0, 'late': 0} %}
{%- set checks = {
    'orders_report_vs_orders_api': [orders, {'label': 'Orders API', 'dataset': 'api_orders', 'days': 'utc', 'more': 0, 'late': 0}],
    'orders_report_vs_sales_and_traffic': [
        {'label': 'Orders report', 'dataset': 'orders_by_last_update', 'days': 'utc', 'more': settles, 'late': late},
        {'label': 'Sales and Traffic', 'dataset': 'sales_and_traffic_by_date', 'days': 'store', 'more': 0, 'late': 0},
    ],
    'orders_report_vs_finances': [
        {'label': 'Orders report', 'dataset': 'orders_by_last_update', 'days': 'utc', 'more': 0, 'late': late},
        {'label': 'Finances', 'dataset': 'finance_transactions', 'days': 'utc', 'more': posted_within, 'late': 0},
    ],
    'listings_report_vs_listings_api': [
        {'label': 'Listings report', 'dataset': 'merchant_listings', 'days': 'store', 'more': 0, 'late': 0},
        {'label': 'Listings API', 'dataset': 'listings', 'days': 'store', 'more': 0, 'late': 0},
    ],
    'inventory_report_vs_inventory_api': [
        {'label': 'Inventory report', 'dataset': 'fba_inventory', 'days': 'store', 'more': 0, 'late': 0},
        {'label': 'FBA Inventory API', 'dataset': 'fba_inventory_summaries', 'days': 'store', 'more': 0, 'late': 0},
    ],
    'inventory_report_vs_ledger': [
        {'label': 'Inventory report', 'dataset': 'fba_inventory', 'days': 'store', 'more': 0, 'late': 0},
        {'label': 'Inventory ledger', 'dataset': 'ledger_summary', 'days': 'ledger', 'more': 0, 'late': 0},
    ],
} %}

with known as (

    select * from {{ ref('int_reconciliation_coverage') }}

),

-- Stores the account takes. The orders report names others, too, which nobody asks the APIs about.
stores as (

    select account, marketplace from known where marketplace <> 'ALL'

    union

    select orders.account, marketplaces.marketplace
    from {{ ref('stg_api_orders') }} as orders
    inner join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace_id = orders.marketplace_id

),

zoned as (

    select
        stores.account,
        stores.marketplace,
        marketplaces.time_zone
    from stores
    inner join {{ ref('dim_marketplace') }} as marketplaces on marketplaces.marketplace = stores.marketplace

),

-- A day that neither side holds says nothing; of the ledger only the days that an inventory report was made.
days as (

    {% for check, sides in checks.items() -%}
    select '{{ check }}' as check_name, zoned.account, zoned.marketplace, zoned.time_zone, known.date
    from zoned
    inner join known
        on known.account = zoned.account
        and (known.marketplace = zoned.marketplace or known.marketplace = 'ALL')
    where known.is_usable
        and known.date >= {{ reconciled_since() }}
        and known.dataset in ('{{ sides[0].dataset }}'{% if check != 'inventory_report_vs_ledger' %}, '{{ sides[1].dataset }}'{% endif %})
    {% if not loop.last %}
    union

    {% endif %}
    {%- endfor %}

),

-- The store's day on which each inventory report was made.
made as (

    select account, marketplace, date, max(local_day) as local_day
    from {{ ref('int_reconciliation_stock_report') }}
    group by account, marketplace, date

),

bounded as (

    select
        days.*,
        case
            when {{ local_timestamp('cast(days.date as timestamp)', 'days.time_zone') }} > cast(days.date as timestamp)
                then {{ add_days('days.date', -1) }}
            else days.date
        end as first_utc_day,
        case
            when {{ local_timestamp('cast(days.date as timestamp)', 'days.time_zone') }} < cast(days.date as timestamp)
                then {{ add_days('days.date', 1) }}
            else days.date
        end as last_utc_day,
        coalesce(made.local_day, days.date) as ledger_day
    from days
    left join made
        on made.account = days.account
        and made.marketplace = days.marketplace
        and made.date = days.date

),

needs as (

    {% for check, sides in checks.items() -%}
    {% for side in sides -%}
    select
        check_name,
        account,
        marketplace,
        date,
        '{{ 'left' if loop.first else 'right' }}' as side,
        '{{ side.label }}' as label,
        '{{ side.dataset }}' as dataset,
        {% if side.days == 'utc' -%}
        'ALL' as place,
        first_utc_day as first_day,
        {{ add_days('last_utc_day', side.more) }} as last_day,
        {{ add_days('last_utc_day', [side.more, side.late] | max) }} as late_day
        {%- elif side.days == 'ledger' -%}
        marketplace as place,
        ledger_day as first_day,
        ledger_day as last_day,
        ledger_day as late_day
        {%- else -%}
        marketplace as place,
        date as first_day,
        date as last_day,
        date as late_day
        {%- endif %}
    from bounded
    where check_name = '{{ check }}'
    {% if not loop.last %}
    union all

    {% endif %}
    {%- endfor %}
    {% if not loop.last %}
    union all

    {% endif %}
    {%- endfor %}

),

held as (

    select
        needs.check_name,
        needs.account,
        needs.marketplace,
        needs.date,
        needs.side,
        needs.label,
        needs.dataset,
        needs.place,
        needs.first_day,
        needs.last_day,
        {{ days_between('needs.first_day', 'needs.last_day') }} + 1 as days_needed,
        sum(case when known.is_usable and known.date <= needs.last_day then 1 else 0 end) as days_usable,
        min(case when not known.is_usable and known.date <= needs.last_day then known.date end) as first_gap,
        -- Loaded and not for good, or a hole among the days in which an order of this day may have changed later.
        min(case
            when known.date <= needs.last_day and known.is_usable and not known.is_final then known.date
            when known.date > needs.last_day and not known.is_usable and known.date <= known.loaded_until then known.date
        end) as first_doubt
    from needs
    left join known
        on known.account = needs.account
        and known.dataset = needs.dataset
        and known.marketplace = needs.place
        and known.date >= needs.first_day
        and known.date <= needs.late_day
    group by needs.check_name, needs.account, needs.marketplace, needs.date, needs.side, needs.label, needs.dataset, needs.place,
        needs.first_day, needs.last_day

),

taken as (

    select distinct account, dataset, marketplace as place from known

),

said as (

    select
        held.check_name,
        held.account,
        held.marketplace,
        held.date,
        held.side,
        case
            when held.days_usable >= held.days_needed then {{ no_text() }}
            when taken.account is null then held.label || ' not ingested by this account.'
            when held.first_gap is null
                then held.label || ': the comparison takes ' || {{ as_text('held.first_day') }} || ' to ' || {{ as_text('held.last_day') }}
                    || ', and of some of these days nothing is known.'
            else held.label || ' of ' || {{ as_text('held.first_gap') }} || ': ' || gaps.reason
        end as lacks,
        case when held.first_doubt is not null then held.label || ' of ' || {{ as_text('held.first_doubt') }} || ': ' || doubts.reason end as may_change
    from held
    left join taken
        on taken.account = held.account
        and taken.dataset = held.dataset
        and taken.place = held.place
    left join known as gaps
        on gaps.account = held.account
        and gaps.dataset = held.dataset
        and gaps.marketplace = held.place
        and gaps.date = held.first_gap
    left join known as doubts
        on doubts.account = held.account
        and doubts.dataset = held.dataset
        and doubts.marketplace = held.place
        and doubts.date = held.first_doubt

)

select
    check_name,
    account,
    marketplace,
    date,
    max(case when side = 'left' then lacks end) as left_lacks,
    max(case when side = 'right' then lacks end) as right_lacks,
    coalesce(max(case when side = 'left' then may_change end), max(case when side = 'right' then may_change end)) as may_change
from said
group by check_name, account, marketplace, date
