"""When APIs are read: a schedule per source for its fresh partitions, a sensor for what is marked as changed, one for messages.
Which partitions cost a call is decided by `ingest/reading/`; marks and message batches are made by `ingest/notifications/`."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from spapi_assets.assets.apis import CHANGES_TAG
from spapi_assets.assets.notifications import landed_events
from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import ApiSource, WindowKind
from spapi_assets.ingest.windows import due_range
from spapi_assets.partitions import Rectangle
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.sensors import ACTIVE, TICK_SECONDS
from spapi_assets.settings import Settings

# After a standstill the schedule finds what it missed; a longer gap is back-fill, which a person decides.
STANDSTILL = timedelta(days=14)
REFRESH_TAG = "spapi/refresh"


def read_schedules(registry: Registry, settings: Settings, jobs: Mapping[str, Any]) -> Iterator[dg.ScheduleDefinition]:
    """One schedule per API that some account takes, running its `read_<source>` job."""
    for source in registry.apis.values():
        if source.call is not None and settings.partition_keys(source):
            yield _schedule(source, settings, jobs[source.name])


def _schedule(source: ApiSource, settings: Settings, job: Any) -> dg.ScheduleDefinition:
    keys = tuple(settings.partition_keys(source))

    @dg.schedule(
        name=f"read_{source.name}",
        cron_schedule=source.schedule,
        execution_timezone="UTC",
        job=job,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Reads the days of {source.title} that Amazon has and the lake has not, or that may still change.",
    )
    def due_days(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        at = context.scheduled_execution_time
        start = date.fromisoformat(settings.first_date)
        first, last = due_range(source, at.date(), start)
        if source.window.kind is WindowKind.DAYS:
            first = max(start, min(first, at.date() - STANDSTILL))
        return dg.RunRequest(run_key=f"{source.name}:{at.isoformat()}", tags=Rectangle(keys, first, last).tags)

    return due_days


def refresh_sensor(registry: Registry, settings: Settings, jobs: Mapping[str, Any]) -> dg.SensorDefinition:
    """Reads the identifiers that notifications marked as changed: one run per source and account, never two at once."""
    # A burst of changes is one reading of what it named: marks rest before they are read.
    rest = timedelta(seconds=settings.change_rest_seconds)
    wanted = {name: set(settings.partition_keys(source)) for name, source in registry.apis.items() if name in jobs}

    @dg.sensor(
        name="api_refreshes",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        jobs=list(jobs.values()),
        description="Reads listings, catalogue items and orders that Amazon said have changed, and only those.",
    )
    def api_refreshes(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult | dg.SkipReason:
        ctx = platform.context()
        now: datetime = ctx.now()
        runs = context.instance.get_runs(dg.RunsFilter(statuses=ACTIVE))
        active = {run.tags[REFRESH_TAG] for run in runs if REFRESH_TAG in run.tags}
        waiting = ctx.refreshes.waiting()
        requests = []
        for (name, account_key), (_, oldest) in sorted(waiting.items(), key=lambda pair: pair[1][1]):
            tag = f"{name}:{account_key}"
            if account_key not in wanted.get(name, ()) or tag in active or now - oldest < rest:
                continue
            today = now.astimezone(UTC).date()
            tags = {**Rectangle((account_key,), today, today).tags, REFRESH_TAG: tag, CHANGES_TAG: "true"}
            requests.append(dg.RunRequest(job_name=jobs[name].name, tags=tags))
        total = sum(count for count, _ in waiting.values())
        if not requests:
            return dg.SkipReason(f"{total:,} identifiers wait to be read again; {len(active)} readings are under way.")
        return dg.SensorResult(run_requests=requests)

    return api_refreshes


def tables_sensor(registry: Registry) -> dg.SensorDefinition:
    """Makes tables of the messages that `report_notifications` took from the queue; it reports them as materializations."""

    @dg.sensor(
        name="notification_tables",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Loads Amazon's messages (offers, prices, stock, orders, hourly vendor facts) into their tables.",
    )
    def notification_tables(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult | dg.SkipReason:
        from spapi_assets.ingest.notifications.tables import load_batches

        ctx = platform.context()
        settle = timedelta(seconds=ctx.settings.message_rest_seconds)
        landed = load_batches(ctx, time.monotonic() + TICK_SECONDS, settle=settle)
        for sentence in landed.problems:
            context.log.warning(sentence)
        if not landed.documents:
            return dg.SkipReason(landed.sentence or "No messages wait to become rows.")
        return dg.SensorResult(asset_events=list(landed_events(registry, landed.documents)))

    return notification_tables
