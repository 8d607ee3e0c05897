"""One schedule per report that can be asked for: at its hour it asks for the days Amazon publishes or restates.
Which of those days really cost a request is decided by the planner; older gaps are the sweep's (`ingest/upkeep.py`)."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from spapi_assets.assets.requests import PRIORITY_TAG, request_key
from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import Report, WindowKind
from spapi_assets.ingest.windows import due_range
from spapi_assets.partitions import Rectangle
from spapi_assets.settings import Settings


def request_schedule(report: Report, settings: Settings) -> dg.ScheduleDefinition:
    keys = tuple(settings.asked_keys(report))

    @dg.schedule(
        name=f"ask_for_{report.name}",
        cron_schedule=report.schedule,
        execution_timezone="UTC",
        target=dg.AssetSelection.assets(request_key(report)),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Asks for the days of {report.title} that Amazon has published or may still restate.",
    )
    def ask(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        at = context.scheduled_execution_time
        first, last = due_range(report, at.date(), date.fromisoformat(settings.first_date))
        area = Rectangle(keys, first, last)
        return dg.RunRequest(run_key=f"{report.name}:{at.isoformat()}", tags=area.tags | {PRIORITY_TAG: "fresh"})

    return ask


def schedules(registry: Registry, settings: Settings) -> Iterator[dg.ScheduleDefinition]:
    for report in registry.reports.values():
        if settings.asked_keys(report) and report.window.kind is not WindowKind.HARVEST:
            yield request_schedule(report, settings)
