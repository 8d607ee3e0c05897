"""When downstream assets rebuild themselves. Raw assets carry no condition: date x account conditions make ticks of seconds
and cursors of megabytes; schedules and sensors start them (docs/architecture.md)."""

from __future__ import annotations

from typing import Any

import dagster as dg
from dagster import AutomationCondition as When

COVERAGE = dg.AssetKey(["platform", "coverage"])

# Documents arrive in bursts. The platform's own tables follow once a whole tick has passed without another one.
# Reset on request and not on materialization, so that news arriving during a build is not lost.
after_loads = (
    When.any_deps_updated().since(When.newly_requested() | When.initial_evaluation())
    & ~When.any_deps_match(When.newly_updated())
    & ~When.any_deps_in_progress()
    & ~When.in_progress()
).with_label("after_loads")

# Fresh coverage is the signal for everything else at once: one run, one dbt invocation, and never half of the tables.
after_coverage: dg.AutomationCondition[Any] = (
    When.asset_matches(COVERAGE, When.newly_updated()).since(When.newly_requested() | When.initial_evaluation())
    & ~When.in_progress()
).with_label("after_coverage")


def automation_sensor() -> dg.AutomationConditionSensorDefinition:
    """The one sensor that evaluates all conditions; it is on from the first deployment."""
    downstream = dg.AssetSelection.all() - dg.AssetSelection.key_prefixes("request", "raw")
    return dg.AutomationConditionSensorDefinition(
        "warehouse_automation",
        target=downstream | dg.AssetSelection.all_asset_checks(),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=10,
        # Loads that wait in the queue go first: a build between two of them would only be repeated.
        run_tags={"dagster/priority": "-5"},
    )
