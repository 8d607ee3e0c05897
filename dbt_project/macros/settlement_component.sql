{#- The part of profit that a settlement amount belongs to. Every amount falls into exactly one part, so that the parts always
    add up to the deposit; what no rule names is `other`, never lost.
    Rules in this order: money that only changes pockets (reserve), Amazon's charges, tax, then what customers paid and got back. -#}
{% macro settlement_component(transaction, amount, description) -%}
case
    when {{ description }} like '%reserve amount%' then 'reserve'
    when {{ amount }} like '%advertising%' then 'advertising'
    when {{ amount }} = 'itemfees' or {{ transaction }} like '%fee%' or {{ description }} like '%fee%' then 'fees'
    when {{ amount }} = 'itemwithheldtax' or {{ description }} like '%tax%' then 'tax'
    when {{ transaction }} like '%refund%' or {{ transaction }} like '%guarantee claim%' then 'refunds'
    when {{ amount }} = 'promotion' then 'promotions'
    when {{ amount }} = 'itemprice' then 'revenue'
    else 'other'
end
{%- endmacro %}
