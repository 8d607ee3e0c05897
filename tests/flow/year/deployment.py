"""The platform through a year: processes that live until something kills them, driven as Dagster's schedules and sensors drive
them (schedules.py, sensors.py, assets/), with the same functions, in virtual time. What must come out is `expected.py`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from spapi_assets.aws.ledger import Ledger, ReportRecord, ReportStatus
from spapi_assets.aws.quota import DynamoThrottle
from spapi_assets.aws.setup import _table
from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import Report, WindowKind
from spapi_assets.ingest.collect import collect
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.creating import RequestOutcome
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.notifications.take import take_notifications
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.ingest.windows import due_range, partition_days
from spapi_assets.lake.layout import Partition
from spapi_assets.sensors import plan_loads
from spapi_assets.settings import Account, Settings
from spapi_assets.spapi import operations
from spapi_assets.spapi.errors import ReauthorizationNeeded, SpApiError
from spapi_assets.spapi.throttle import BucketKey
from tests.flow.year.amazon import Reports, YearAmazon
from tests.flow.year.crashes import Fuse, Killed, MortalClients, MortalLake
from tests.flow.year.dynamo import MemoryDynamo
from tests.flow.year.queue import Mailbox, MortalQueue

_OPERATIONS = {op.name: op for op in vars(operations).values() if isinstance(op, operations.Operation)}
COLLECTED = 0.25  # share of load runs that go through the raw assets' own loop, the others load what is ready


class Deployment:
    """Tables, queue and lake that outlive every process, and the process that runs now."""

    def __init__(self, amazon: YearAmazon, mailbox: Mailbox, settings: Settings, registry: Registry, rng: random.Random) -> None:
        self.amazon, self.clock, self.mailbox, self.rng = amazon, amazon.clock, mailbox, rng
        self.settings, self.registry = settings, registry
        self.reports = [r for r in registry.reports.values() if settings.partition_keys(r)]
        self.dynamo = MemoryDynamo()
        clients: Any = SimpleNamespace(dynamodb=self.dynamo)
        _table(clients, settings.ledger_table, sort_key=True)
        _table(clients, settings.quota_table, sort_key=False)
        _table(clients, settings.identifiers_table, sort_key=True, index=False)
        self.ledger = Ledger(clients, settings.ledger_table, lambda: self.clock.now)  # the tests' own look, which never dies
        self.chance = 0.0
        self.deaths: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self.revoked: dict[str, tuple[datetime, datetime]] = {}
        self.restarts = 0
        self.ctx = self._start()

    def _start(self, fuse: Fuse | None = None) -> IngestContext:
        """A new process: nothing is remembered but what lies in AWS and in the lake."""
        fuse = fuse or Fuse(self.rng, self.chance, self.deaths)
        clock, settings = self.clock, self.settings
        clients: Any = MortalClients(self.dynamo, fuse)
        throttle = DynamoThrottle(clients, settings.quota_table, clock=lambda: clock().timestamp(), sleep=clock.sleep)
        ctx = IngestContext(
            settings=settings,
            registry=self.registry,
            ledger=Ledger(clients, settings.ledger_table, clock),
            lake=MortalLake(settings.lake_uri, fuse),
            throttle=throttle,
            make_apis=lambda account: self._apis(account, throttle, fuse),
            clients=clients,
            queue=MortalQueue(_Told(self.mailbox, self.amazon), clock, fuse),  # type: ignore[arg-type]
            now=clock,
            sleep=clock.sleep,
            monotonic=clock.monotonic,
        )
        self.restarts += 1
        return ctx

    def immortal(self) -> IngestContext:
        return self._start(Fuse(self.rng, 0.0, Counter()))

    def _apis(self, account: Account, throttle: DynamoThrottle, fuse: Fuse) -> Any:
        def key(name: str) -> BucketKey:
            return BucketKey("app", account.selling_partner_id, account.region, name)

        def acquire(name: str, reserve: float, max_wait: float) -> None:
            throttle.acquire(key(name), _OPERATIONS[name].plan, reserve=reserve, max_wait=max_wait)

        def penalize(name: str) -> None:
            throttle.penalize(key(name), _OPERATIONS[name].plan)

        reports = Reports(self.amazon, account.name, acquire, penalize, fuse, self._authorized)
        lwa = SimpleNamespace(credentials=lambda: SimpleNamespace(client_id="app"))
        return SimpleNamespace(account=account, reports=reports, tokens=None, lwa=lwa)

    def _authorized(self, account: str) -> None:
        since, until = self.revoked.get(account, (datetime.max.replace(tzinfo=UTC),) * 2)
        if since <= self.clock.now < until:
            raise ReauthorizationNeeded("The refresh token is revoked.")

    # --- what Dagster does ------------------------------------------------------------------------------------------------
    def run(self, work: Callable[[IngestContext], Any], retries: int = 0) -> Any:
        """One run or tick in the living process; when it dies, the next process takes over, after a moment, and tries again."""
        while True:
            try:
                return work(self.ctx)
            except Killed:
                self.clock.forward(seconds=self.rng.uniform(2, 40))
                self.ctx = self._start()
                if retries <= 0:
                    return None
                retries -= 1

    def schedule(self, report: Report, at: datetime) -> None:
        """schedules.py and assets/requests.py: the days a schedule looks at are asked for; a killed run is run again."""
        keys = self.settings.partition_keys(report)
        first, last = due_range(report, at.date(), date.fromisoformat(self.settings.first_date))
        days = partition_days(report, first, last)
        partitions = [Partition.of(key, day) for key in keys for day in days]
        for attempt in range(3):
            outcome = self.run(lambda ctx: self._ask(ctx, report, partitions), retries=2)
            if outcome is None or not outcome.problems or outcome.created or outcome.waiting or not outcome.retryable:
                return
            self.clock.forward(seconds=20 * 2**attempt)

    def _ask(self, ctx: IngestContext, report: Report, partitions: list[Partition], priority: str = "fresh") -> RequestOutcome:
        return ask(ctx, report, partitions, priority=priority, deadline=ctx.monotonic() + 45)

    def backfill(self, report: Report, first: date, last: date) -> None:
        """A back-fill somebody starts in the UI."""
        days = partition_days(report, first, last)
        partitions = [Partition.of(key, day) for key in self.settings.partition_keys(report) for day in days]
        self.run(lambda ctx: self._ask(ctx, report, partitions, "backfill"), retries=2)

    def listen(self) -> None:
        """The sensor of notifications, and the loads it starts."""
        taken = self.run(lambda ctx: take_notifications(ctx, ctx.monotonic() + 40, threads=1))
        if taken is not None:
            self._note(taken.problems)
        self.load()

    def load(self) -> None:
        now = self.clock.now
        ready = [r for r in self.ledger.done_not_loaded() if r.retry_at is None or r.retry_at <= now]
        if not ready:
            return
        if self.rng.random() < COLLECTED:
            self._load_by_assets(ready)
            return
        for record in ready:
            self.run(lambda ctx, record=record: self._load(ctx, record))

    def _load(self, ctx: IngestContext, record: Any) -> None:
        try:
            load_report(ctx, record, max_wait=60.0)
        except (SpApiError, DocumentError) as error:
            self._note([f"{type(error).__name__}: {error}"])

    def _load_by_assets(self, ready: list[Any]) -> None:
        reports = {r.name: r for r in self.reports}
        runs = plan_loads(
            ready,
            [],
            {name: self.settings.partition_keys(r) for name, r in reports.items()},
            harvested={name for name, r in reports.items() if r.window.kind is WindowKind.HARVEST},
            affordable={a.name: 10 for a in self.settings.accounts},
            first=date.fromisoformat(self.settings.first_date),
            now=self.clock.now,
            calendars={name: partial(partition_days, r) for name, r in reports.items()},
        )
        for planned in runs:
            report, area = reports[planned.report], planned.area
            partitions = [Partition.of(k, d) for k in area.account_keys for d in partition_days(report, area.first, area.last)]
            collected = self.run(
                lambda ctx, report=report, partitions=partitions: collect(
                    ctx, report, partitions, priority="fresh", deadline=ctx.monotonic() + 20
                ),
                retries=2,
            )
            if collected is not None:
                self._note(collected.problems)

    def sweep(self) -> None:
        found = self.run(lambda ctx: sweep(ctx, 40.0))
        if found is not None:
            self._note(found.problems)
        self.load()

    def restart(self) -> None:
        """The process ends between two ticks."""
        self.ctx = self._start()

    def _note(self, sentences: list[str]) -> None:
        for sentence in sentences:
            self.problems[sentence] += 1

    # --- time -----------------------------------------------------------------------------------------------------------
    def timetable(self, day: date) -> list[tuple[datetime, Report]]:
        """The schedules' ticks of a day. All reports of the simulated year are asked for daily."""
        found = []
        for report in self.reports:
            if report.window.kind is WindowKind.HARVEST:
                continue
            minute, hour, *rest = report.schedule.split()
            assert rest == ["*", "*", "*"]
            found.append((datetime.combine(day, time(int(hour), int(minute)), UTC), report))
        return sorted(found, key=lambda tick: tick[0])

    def pause(self) -> timedelta:
        """Until the next sweep that has something to do: half a minute in life, longer here where nothing is under way."""
        now, records = self.clock.now, self.ledger.open_records()
        if any(r.status is ReportStatus.CREATING or (r.status is ReportStatus.PLANNED and _due(r, now)) for r in records):
            return timedelta(seconds=60)
        if self.ledger.unjudged() or any(_due(r, now) for r in self.ledger.done_not_loaded()):
            return timedelta(minutes=2)
        if any(r.report_id and now - (r.created_at or now) < timedelta(minutes=12) for r in records):
            return timedelta(minutes=6)
        return timedelta(minutes=40)


def _due(record: ReportRecord, now: datetime) -> bool:
    return record.retry_at is None or record.retry_at <= now


class _Told:
    """The mailbox, with each message's words made when it is read."""

    def __init__(self, mailbox: Mailbox, amazon: YearAmazon) -> None:
        self._mailbox, self._amazon = mailbox, amazon

    def receive(self, now: datetime, most: int) -> list[Any]:
        from dataclasses import replace

        found = self._mailbox.receive(now, most)
        return [replace(m, body=self._amazon.message(m.body)) if m.body.startswith("report:") else m for m in found]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mailbox, name)
