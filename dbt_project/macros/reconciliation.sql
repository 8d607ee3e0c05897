{#- What the models of the reconciliation share: the days that are compared, and the shape of a compared row. -#}

{#- Older days are no longer compared: their sources are settled, and what they said was seen. -#}
{% macro reconciled_since() -%}
(
    select {{ add_days('max(date)', -1 * (var('reconciliation_days', 92) | int)) }}
    from {{ ref('data_coverage') }}
    where is_usable
)
{%- endmacro %}


{#- A null that is a text: an engine that unites selects or makes a view wants to know its type. -#}
{% macro no_text() %}nullif('', ''){% endmacro %}


{#- A measure of compared keys as rows of the common shape. `waits_for` and `excluded_because` are SQL expressions, null where a
    difference counts. `extra` is how many times the tolerance's extra allowance applies to the row. -#}
{% macro compared(check, measure, subject, key, left, right, currency=none, left_text=none, right_text=none, extra='0', waits_for=none, excluded_because=none) -%}
select
    '{{ check }}' as check_name,
    account,
    marketplace,
    date,
    '{{ subject }}' as subject,
    {{ key }} as row_key,
    '{{ measure }}' as measure,
    {{ currency or no_text() }} as currency,
    cast({{ left }} as decimal(18, 4)) as left_value,
    cast({{ right }} as decimal(18, 4)) as right_value,
    {{ left_text or no_text() }} as left_text,
    {{ right_text or no_text() }} as right_text,
    cast({{ extra }} as decimal(18, 4)) as extra_count,
    {{ waits_for or no_text() }} as waits_for,
    {{ excluded_because or no_text() }} as excluded_because
{%- endmacro %}



{#- The same for an instant. -#}
{% macro no_time() %}cast(null as timestamp){% endmacro %}


{#- The prices of the orders report, and those that the other source has of the same orders (`prices`: `price` and `tax`, which may or may
    not be in it already), beside what was judged of the order. By currency: an order that two sources price in two currencies differs
    in both. -#}
{% macro priced_orders(prices, judged) -%}
select
    judged.*,
    priced.currency,
    priced.left_price,
    {{ nearer('priced.right_price', 'priced.right_tax', 'priced.left_price') }} as right_price
from (
    select account, marketplace, amazon_order_id, currency, sum(left_price) as left_price, sum(right_price) as right_price,
        sum(right_tax) as right_tax
    from (
        select account, marketplace, amazon_order_id, currency, sum(item_price) as left_price,
            cast(null as decimal(18, 4)) as right_price, cast(null as decimal(18, 4)) as right_tax
        from {{ ref('fct_order_lines') }}
        where not is_cancelled
            and is_priced
        group by account, marketplace, amazon_order_id, currency

        union all

        select account, marketplace, amazon_order_id, currency, null, price, tax
        from {{ prices }}
    ) as stacked_prices
    group by account, marketplace, amazon_order_id, currency
) as priced
inner join {{ judged }} as judged
    on judged.account = priced.account
    and judged.marketplace = priced.marketplace
    and judged.amazon_order_id = priced.amazon_order_id
{%- endmacro %}


{#- The SKUs that the inventory report may list on a day, and why another source's units of others are left out. -#}
{% macro active_skus() -%}
select account, marketplace, date, sku
    from {{ ref('stg_merchant_listings') }}
    where lower(status) = 'active'
    group by account, marketplace, date, sku
{%- endmacro %}

{% macro is_not_active() %}'The inventory report lists active SKUs only, and this one is none: its units are archived or stranded.'{% endmacro %}
