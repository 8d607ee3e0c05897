"""When APIs are read: a schedule per source for its fresh partitions, a sensor for what is marked as changed, one for messages.
Which partitions cost a call is decided by `ingest/reading/`; marks and message batches are made by `ingest/notifications/`."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Any

import dagster as dg

from spapi_assets.assets.api_events import CHANGES_TAG, SCHEDULED_TAG
from spapi_assets.assets.notifications import landed_events
from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import ApiSource, WindowKind
from spapi_assets.ingest.holders import holder
from spapi_assets.ingest.source_words import schedule_looks_back
from spapi_assets.ingest.windows import due_range
from spapi_assets.partitions import Rectangle
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.sensors import ACTIVE, TICK_SECONDS
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.ingest.context import IngestContext

REFRESH_TAG = "spapi/refresh"
# How long a refresh rests after one, two, three ... failures in a row.
RESTS = [timedelta(minutes=minutes) for minutes in (2, 10, 60, 360)]
# A reading whose pages have lain so long, and that nobody holds, is gone on with.
UNFINISHED = timedelta(minutes=10)


def read_schedules(registry: Registry, settings: Settings, jobs: Mapping[str, Any]) -> Iterator[dg.ScheduleDefinition]:
    """One schedule per API that some account takes, running its `read_<source>` job."""
    for source in registry.apis.values():
        if source.call is not None and settings.partition_keys(source):
            yield _schedule(source, settings, jobs[source.name])


def _schedule(source: ApiSource, settings: Settings, job: Any) -> dg.ScheduleDefinition:
    keys = settings.partition_keys(source)
    # A run for each account: one that is refused or slow holds no other up, and each has a quota of its own.
    accounts = [tuple(group) for _, group in groupby(keys, key=lambda key: key.partition(".")[0])]

    @dg.schedule(
        name=f"read_{source.name}",
        cron_schedule=source.schedule,
        execution_timezone="UTC",
        job=job,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Reads the days of {source.title} that Amazon has and the lake has not, or that may still change.",
    )
    def due_days(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
        at = context.scheduled_execution_time
        start = date.fromisoformat(settings.first_date)
        first, last = due_range(source, at.date(), start)
        if source.window.kind is WindowKind.DAYS:
            first = max(start, min(first, last - schedule_looks_back(source)))
        return [
            dg.RunRequest(
                run_key=f"{source.name}:{mine[0].partition('.')[0]}:{at.isoformat()}",
                tags=Rectangle(mine, first, last).tags | {SCHEDULED_TAG: "true"},
            )
            for mine in accounts
            if first <= last
        ]

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
        requests, resting = [], []
        for (name, account_key), (_, oldest) in sorted(waiting.items(), key=lambda pair: pair[1][1]):
            tag = f"{name}:{account_key}"
            if account_key not in wanted.get(name, ()) or tag in active or now - oldest < rest:
                continue
            if (again := _rests_until(context.instance, tag)) is not None and now < again:
                resting.append(f"{name} of {account_key} until {again:%H:%M} UTC")
                continue
            # Days that are read whole end with yesterday; the rows go where they belong, whatever partition the run names.
            day = now.astimezone(UTC).date() - timedelta(days=registry.apis[name].window.kind is WindowKind.DAYS)
            tags = {**Rectangle((account_key,), day, day).tags, REFRESH_TAG: tag, CHANGES_TAG: "true"}
            requests.append(dg.RunRequest(job_name=jobs[name].name, tags=tags))
        total = sum(count for count, _ in waiting.values())
        if not requests:
            failed = f" After failures rest: {', '.join(resting)}." if resting else ""
            return dg.SkipReason(f"{total:,} identifiers wait to be read again; {len(active)} readings are under way.{failed}")
        return dg.SensorResult(run_requests=requests)

    return api_refreshes


def _rests_until(instance: dg.DagsterInstance, tag: str) -> datetime | None:
    """When what failed may be tried again: later after every failure in a row, so that a role that is missing costs no call a
    minute. None: the last try succeeded, or there was none."""
    records = instance.get_run_records(dg.RunsFilter(tags={REFRESH_TAG: tag}), limit=len(RESTS))
    failed = list(takewhile(lambda record: record.dagster_run.status is dg.DagsterRunStatus.FAILURE, records))
    if not failed:
        return None
    return datetime.fromtimestamp(failed[0].end_time or failed[0].update_timestamp.timestamp(), UTC) + RESTS[len(failed) - 1]


def _held(ctx: "IngestContext", lease: str) -> bool:
    """Whether some process reads it now: nobody does if the lease can be had."""
    owner = holder()
    free = ctx.ledger.lease(lease, owner, 5.0)
    if free:
        ctx.ledger.release(lease, owner)
    return not free


def unfinished_sensor(registry: Registry, settings: Settings, jobs: Mapping[str, Any]) -> dg.SensorDefinition:
    """Goes on with readings that ended half way (a kill, a spent quota, an Amazon that is down) while their pages are young."""
    wanted = {name: set(settings.partition_keys(source)) for name, source in registry.apis.items() if name in jobs}

    @dg.sensor(
        name="unfinished_readings",
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        jobs=list(jobs.values()),
        description="Goes on with readings that ended half way: what they had read is kept, and the rest is asked for.",
    )
    def unfinished_readings(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult | dg.SkipReason:
        from spapi_assets.ingest.reading.spool import begun

        ctx = platform.context()
        now: datetime = ctx.now()
        requests, under_way = [], 0
        for head in begun(ctx.lake):
            if head.account_key not in wanted.get(head.source, ()) or head.of_some:
                continue  # what was marked as changed is gone on with by its own sensor
            if now - head.started < UNFINISHED or _held(ctx, f"read#{head.source}#{head.account_key}"):
                under_way += 1
                continue
            first = max(head.start, date.fromisoformat(settings.first_date))
            tags = Rectangle((head.account_key,), first, max(first, head.end)).tags | {SCHEDULED_TAG: "true"}
            # Once an hour: what stops a reading seldom goes away sooner.
            tries = int((now - head.started) / timedelta(hours=1))
            requests.append(dg.RunRequest(job_name=jobs[head.source].name, run_key=f"{head.reading_id}:{tries}", tags=tags))
        if not requests:
            return dg.SkipReason(f"No reading waits to be gone on with; {under_way} are under way.")
        return dg.SensorResult(run_requests=requests)

    return unfinished_readings


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
