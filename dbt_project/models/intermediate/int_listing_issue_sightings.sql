-- Every problem at every look at its listing, once a look: the code and the attributes it is about name a problem, whatever its place
-- in Amazon's list. Looks are numbered a SKU, so that a look without the problem leaves a gap.

with sightings as (

    select
        issues.*,
        coalesce(issues.attribute_names, '') as issue_attributes,
        looks.reading_number
    from {{ ref('stg_listing_issue_readings') }} as issues
    inner join {{ ref('stg_listing_readings') }} as looks
        on looks.account = issues.account
        and looks.marketplace = issues.marketplace
        and looks.sku = issues.sku
        and looks.read_at = issues.read_at

),

ranked as (

    select
        sightings.*,
        row_number() over (
            partition by account, marketplace, sku, code, issue_attributes, reading_number order by issue_position
        ) as copy_number,
        count(*) over (partition by account, marketplace, sku, code, issue_attributes, reading_number) as rows_in_reading
    from sightings

)

select
    ranked.*,
    -- Looks in a row share the difference of the two numbers; after a gap it is another one.
    reading_number - row_number() over (partition by account, marketplace, sku, code, issue_attributes order by reading_number) as episode_key
from ranked
where copy_number = 1
