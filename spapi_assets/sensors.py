"""The two sensors of the report flow: Amazon's notifications in and finished documents out, and the sweep that misses nothing.
Both only move the ledger and read it; a lost message, a duplicate or a crashed tick changes nothing (decision 4)."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import WindowKind
from spapi_assets.ingest.windows import partition_days
from spapi_assets.lake.layout import Partition
from spapi_assets.partitions import Rectangle, days_between, rectangles
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.aws.ledger import ReportRecord
    from spapi_assets.ingest.context import IngestContext

# Dagster gives a tick 60 s; what is not done by then waits for the next one.
TICK_SECONDS = 40.0
# A document costs a getReportDocument call: 15 at once, then one a minute. Runs are given what the quota brings in this time;
# more would only hold their slots and wait.
LOAD_SECONDS = 180.0
LOADS_TAG = "spapi/loads"
DOCUMENTS_TAG = "spapi/documents"
ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class LoadRun:
    """One run that loads finished documents: a report's assets over a rectangle of partitions."""

    report: str
    area: Rectangle
    documents: int

    @property
    def tags(self) -> dict[str, str]:
        keys = self.area.account_keys
        name = f"{self.report}:{keys[0]}..{keys[-1]}:{self.area.first}..{self.area.last}"
        return self.area.tags | {LOADS_TAG: name, DOCUMENTS_TAG: str(self.documents)}


def plan_loads(
    ready: "Iterable[ReportRecord]",
    active: Iterable[str],
    keys: Mapping[str, Sequence[str]],
    *,
    harvested: Collection[str],
    affordable: Mapping[str, int],
    first: date,
    now: datetime,
    calendars: Mapping[str, Callable[[date, date], list[date]]] | None = None,
) -> list[LoadRun]:
    """The runs that load what is ready: neighbouring days and accounts share one, a report in an active run waits for it.

    `active` holds the `spapi/loads` tags of runs in progress, `keys` the account keys of each report in partition order.
    `harvested` names the reports whose rows lie in the partition of the window's end (settlements); `affordable` is how many
    documents each account's quota allows now. `calendars` list a report's partitions between two days, where they are not days.
    The newest days come first.
    """
    calendar = defaultdict(lambda: days_between, calendars or {})
    busy = {tag.partition(":")[0] for tag in active}
    wanted: dict[str, set[Partition]] = defaultdict(set)
    chosen: dict[str, list[Partition]] = defaultdict(list)  # the last day of each document
    left = dict(affordable)
    for record in sorted(ready, key=lambda r: r.end, reverse=True):
        if record.report in busy or record.report not in keys or (record.retry_at is not None and record.retry_at > now):
            continue
        start = record.end if record.report in harvested else record.start
        days = [day for day in calendar[record.report](start, record.end) if day >= first]
        if not days or left.get(record.account, 0) < 1:
            continue
        left[record.account] -= 1
        wanted[record.report] |= {Partition(record.account, record.marketplace, day) for day in days}
        chosen[record.report].append(Partition(record.account, record.marketplace, days[-1]))
    for report in set(wanted) & set(harvested):
        # A day without a settlement is no gap: one run looks at the whole span instead of one run per fortnight.
        for key in {p.account_key for p in wanted[report]}:
            days = [p.day for p in wanted[report] if p.account_key == key]
            wanted[report] |= {Partition.of(key, day) for day in calendar[report](min(days), max(days))}
    return [
        LoadRun(
            report, area, sum(p.account_key in area.account_keys and area.first <= p.day <= area.last for p in chosen[report])
        )
        for report, found in wanted.items()
        for area in rectangles(found, keys[report], calendar[report])
    ]


def affordable_documents(ctx: "IngestContext", accounts: Iterable[str], active: Mapping[str, int]) -> dict[str, int]:
    """Documents each account can fetch in the next minutes, less those that active runs (by account) will fetch."""
    from spapi_assets.ingest.context import bucket_state
    from spapi_assets.ingest.forecast import Bucket
    from spapi_assets.spapi.errors import ConfigurationError
    from spapi_assets.spapi.operations import GET_REPORT_DOCUMENT

    found = {}
    for account in accounts:
        try:
            bucket = Bucket(GET_REPORT_DOCUMENT.plan, bucket_state(ctx, account, GET_REPORT_DOCUMENT))
        except ConfigurationError:
            continue  # no usable credentials: the doctor says so, and nothing could be fetched
        found[account] = max(0, bucket.calls_within(LOAD_SECONDS, ctx.now().timestamp()) - active.get(account, 0))
    return found


def notification_sensor(registry: Registry, settings: Settings, load_jobs: Mapping[str, Any]) -> dg.SensorDefinition:
    """What Amazon tells by itself is written down and acknowledged; and what the ledger calls ready is loaded."""
    reports = {r.name: r for r in registry.reports.values() if settings.partition_keys(r)}
    keys = {name: settings.partition_keys(report) for name, report in reports.items()}
    harvested = {name for name, report in reports.items() if report.window.kind is WindowKind.HARVEST}
    calendars = {name: partial(partition_days, report) for name, report in reports.items()}

    @dg.sensor(
        name="report_notifications",
        minimum_interval_seconds=10,
        default_status=dg.DefaultSensorStatus.RUNNING,
        jobs=[load_jobs[name] for name in reports],
        description="Takes Amazon's messages from the queue: outcomes to the ledger, changes to marks, all else to the spool "
        "of its table; and loads finished reports.",
    )
    def report_notifications(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult | dg.SkipReason:
        from spapi_assets.aws.clients import AwsError
        from spapi_assets.ingest.notifications.take import take_notifications
        from spapi_assets.ingest.notifications.taken import Taken

        ctx, unheard = platform.context(), None
        try:
            taken = take_notifications(ctx, time.monotonic() + TICK_SECONDS)
        except AwsError as error:  # what was polled is loaded all the same
            taken, unheard = Taken(problems=[str(error)]), error
        for sentence in taken.problems:
            context.log.warning(sentence)
        runs = context.instance.get_runs(dg.RunsFilter(statuses=ACTIVE))
        active = [run.tags[LOADS_TAG] for run in runs if LOADS_TAG in run.tags]
        fetching: Counter[str] = Counter()
        for run in runs:
            fetching[run.tags.get("spapi/account", "")] += int(run.tags.get(DOCUMENTS_TAG, "0"))
        ready = ctx.ledger.done_not_loaded()
        loads = plan_loads(
            ready,
            active,
            keys,
            harvested=harvested,
            affordable=affordable_documents(ctx, {r.account for r in ready}, fetching),
            first=date.fromisoformat(settings.first_date),
            now=ctx.now(),
            calendars=calendars,
        )
        if not loads and unheard is not None:
            raise unheard
        if not loads:
            return dg.SkipReason(f"{taken.sentence} {len(ready)} reports are ready to load; {len(active)} load runs are active.")
        if taken.counts:
            context.log.info(taken.sentence)
        return dg.SensorResult(
            run_requests=[dg.RunRequest(job_name=load_jobs[load.report].name, tags=load.tags) for load in loads]
        )

    return report_notifications


def sweep_sensor() -> dg.SensorDefinition:
    """What notifications cannot do: create what waits for quota, poll, find settlements, mend crashes."""

    @dg.sensor(
        name="report_sweep",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks for planned reports as the quota allows, polls open ones, finds reports made by others.",
    )
    def report_sweep(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SkipReason:
        from spapi_assets.ingest.progress import in_a_sentence, progress
        from spapi_assets.ingest.sweep import sweep

        ctx = platform.context()
        result = sweep(ctx, TICK_SECONDS)
        for sentence in result.problems:
            context.log.warning(sentence)
        # The ledger holds the result; report_notifications starts the loads, so that no report is loaded by two runs.
        return dg.SkipReason(
            f"Asked for {len(result.created)} reports, planned {len(result.planned)} again, polled {result.polled}, "
            f"adopted {len(result.adopted)}; "
            f"{len(result.ready)} are ready to load. {in_a_sentence(progress(ctx))}".rstrip()
        )

    return report_sweep
