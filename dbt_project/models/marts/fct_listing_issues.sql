-- Problems of listings from the look that showed them first to the first look without them: a row an episode. A problem that comes back is
-- another episode. What it says (severity, message, what Amazon does about it) is from its last look.

with episodes as (

    select
        sightings.*,
        min(read_at) over (partition by account, marketplace, sku, code, issue_attributes, episode_key) as opened_at,
        count(*) over (partition by account, marketplace, sku, code, issue_attributes, episode_key) as readings,
        row_number() over (
            partition by account, marketplace, sku, code, issue_attributes, episode_key order by reading_number desc
        ) as recency
    from {{ ref('int_listing_issue_sightings') }} as sightings

)

select
    episodes.account,
    episodes.marketplace,
    episodes.sku,
    episodes.code,
    episodes.issue_attributes as attribute_names,
    row_number() over (
        partition by episodes.account, episodes.marketplace, episodes.sku, episodes.code, episodes.issue_attributes
        order by episodes.opened_at
    ) as episode,
    episodes.opened_at,
    later.read_at as closed_at,
    later.read_at is null as is_open,
    episodes.read_at as last_seen_at,
    {{ units('episodes.readings') }} as readings,
    {{ days_between('cast(episodes.opened_at as date)', 'cast(coalesce(later.read_at, episodes.read_at) as date)') }} as days_open,
    episodes.severity,
    episodes.message,
    episodes.categories,
    episodes.enforcement_actions,
    episodes.exemption_status,
    episodes.exemption_expires_at,
    {{ units('episodes.rows_in_reading') }} as problem_count,
    coalesce(not later.is_present, false) as closed_with_listing,
    episodes._report_id,
    episodes.loaded_at
from episodes
left join {{ ref('stg_listing_readings') }} as later
    on later.account = episodes.account
    and later.marketplace = episodes.marketplace
    and later.sku = episodes.sku
    and later.reading_number = episodes.reading_number + 1
where episodes.recency = 1
