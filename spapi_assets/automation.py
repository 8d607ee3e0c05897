"""When downstream assets rebuild themselves. Raw assets carry no condition: date x account conditions make ticks of seconds
and cursors of megabytes; schedules and sensors start them (docs/architecture.md)."""

from __future__ import annotations

import dagster as dg
from dagster import AutomationCondition as When

# Any upstream news since the last request, once nothing upstream is still running: one build per burst of documents.
# Reset on request and not on materialization, so that news arriving during a build is not lost.
after_upstream_news = (
    When.any_deps_updated().since(When.newly_requested() | When.initial_evaluation())
    & ~When.any_deps_in_progress()
    & ~When.in_progress()
).with_label("after_upstream_news")


def automation_sensor() -> dg.AutomationConditionSensorDefinition:
    """The one sensor that evaluates all conditions; it is on from the first deployment."""
    return dg.AutomationConditionSensorDefinition(
        "warehouse_automation",
        target=dg.AssetSelection.all() - dg.AssetSelection.key_prefixes("request", "raw"),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=10,
        use_user_code_server=False,
    )
