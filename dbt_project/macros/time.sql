{#- Instants, marketplace-local days and weeks: the only places where the three engines write time differently.
    Staging turns Parquet's UTC instants into plain UTC timestamps; everything after works on those. -#}

{% macro utc_timestamp(column) %}{{ return(adapter.dispatch('utc_timestamp', 'spapi')(column)) }}{% endmacro %}

{#- DuckDB reads Parquet's UTC timestamps as TIMESTAMPTZ. -#}
{% macro default__utc_timestamp(column) %}timezone('UTC', {{ column }}){% endmacro %}

{#- Athena and Spectrum read the same column as a timestamp without zone that already is UTC. -#}
{% macro athena__utc_timestamp(column) %}cast({{ column }} as timestamp(3)){% endmacro %}

{% macro redshift__utc_timestamp(column) %}cast({{ column }} as timestamp){% endmacro %}


{#- A plain UTC timestamp as the wall clock of an IANA time zone (an expression, e.g. dim_marketplace.time_zone). -#}
{% macro local_timestamp(utc, zone) %}{{ return(adapter.dispatch('local_timestamp', 'spapi')(utc, zone)) }}{% endmacro %}

{% macro default__local_timestamp(utc, zone) %}timezone({{ zone }}, timezone('UTC', {{ utc }})){% endmacro %}

{% macro athena__local_timestamp(utc, zone) %}cast(at_timezone(with_timezone({{ utc }}, 'UTC'), {{ zone }}) as timestamp(3)){% endmacro %}

{% macro redshift__local_timestamp(utc, zone) %}convert_timezone('UTC', {{ zone }}, {{ utc }}){% endmacro %}


{#- The marketplace's calendar day of a UTC timestamp. -#}
{% macro local_date(utc, zone) %}cast({{ local_timestamp(utc, zone) }} as date){% endmacro %}


{#- The Monday of a day's ISO week; all three engines start weeks on Monday. -#}
{% macro week_start(day) %}cast(date_trunc('week', {{ day }}) as date){% endmacro %}


{#- A day moved by whole days. -#}
{% macro add_days(day, days) %}{{ return(adapter.dispatch('add_days', 'spapi')(day, days)) }}{% endmacro %}

{% macro default__add_days(day, days) %}cast({{ day }} + interval ({{ days }}) day as date){% endmacro %}

{% macro athena__add_days(day, days) %}cast(date_add('day', {{ days }}, {{ day }}) as date){% endmacro %}

{% macro redshift__add_days(day, days) %}cast(dateadd(day, {{ days }}, {{ day }}) as date){% endmacro %}


{#- Whole days from the first day to the second. -#}
{% macro days_between(first, second) %}{{ return(adapter.dispatch('days_between', 'spapi')(first, second)) }}{% endmacro %}

{% macro default__days_between(first, second) %}date_diff('day', {{ first }}, {{ second }}){% endmacro %}

{% macro redshift__days_between(first, second) %}datediff(day, {{ first }}, {{ second }}){% endmacro %}


{#- An instant moved by whole minutes. -#}
{% macro add_minutes(instant, minutes) %}{{ return(adapter.dispatch('add_minutes', 'spapi')(instant, minutes)) }}{% endmacro %}

{% macro default__add_minutes(instant, minutes) %}({{ instant }} + interval ({{ minutes }}) minute){% endmacro %}

{% macro athena__add_minutes(instant, minutes) %}date_add('minute', {{ minutes }}, {{ instant }}){% endmacro %}

{% macro redshift__add_minutes(instant, minutes) %}dateadd(minute, {{ minutes }}, {{ instant }}){% endmacro %}
