"""When downstream assets rebuild themselves. Raw assets carry no condition: date x account conditions make ticks of seconds
and cursors of megabytes; schedules and sensors start them (docs/architecture.md)."""

from __future__ import annotations

from typing import Any

import dagster as dg
from dagster import AutomationCondition as When
from dagster_shared.check import CheckError

from spapi_assets.settings import SettingsError

COVERAGE = dg.AssetKey(["platform", "coverage"])


def after_loads(rebuild_cron: str) -> dg.AutomationCondition[Any]:
    """Once a burst of loads is over: at most once between two ticks of `rebuild_cron` (UTC), and at once after a rest.

    Raises SettingsError for an impossible schedule.
    """
    try:
        tick = When.cron_tick_passed(rebuild_cron)
    except CheckError as error:
        raise SettingsError(f"SPAPI_REBUILD_CRON must be a schedule such as `*/15 * * * *`, not {rebuild_cron!r}") from error
    # Reset on request and not on materialization, so that news arriving during a build is not lost.
    return (
        When.any_deps_updated().since(When.newly_requested() | When.initial_evaluation())
        & ~When.any_deps_match(When.newly_updated())
        & ~When.any_deps_in_progress()
        & ~When.in_progress()
        # Orders and messages trickle in all day: without a pause every table would be built again for each of them.
        & ~When.newly_requested().since(tick)
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
