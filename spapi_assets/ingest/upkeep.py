"""What is asked for again without a person: retries whose time has come, and days that a standstill left out.
Which days those are is decided by the same `truth()` as everywhere; the calls of createReport are `requesting.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.ledger import LedgerError
from spapi_assets.aws.ledger_records import ReportRecord
from spapi_assets.datasets.model import Report, Source, WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.requesting import plan_and_write
from spapi_assets.ingest.windows import due_range, partition_days
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account
from spapi_assets.spapi.errors import SpApiError

RETRIES_AT_ONCE = 200  # per sweep; the next one takes the rest
_DAY = timedelta(days=1)


def kept_up_from(report: Source, records: Iterable[ReportRecord]) -> date | None:
    """The first day that was asked for while it was young: since then the deployment keeps up with this report.

    Later days that nobody asked for are gaps of a standstill and heal by themselves. Earlier ones are back-fill, which costs
    quota for hours and is a person's decision. None: it never kept up.
    """
    first = None
    for record in records:
        if record.requested_at is None:
            continue
        then = due_range(report, record.requested_at.date(), date.min)[0]
        if record.end >= then and (first is None or max(record.start, then) < first):
            first = max(record.start, then)
    return first


def plan_retries(ctx: IngestContext, in_time: Callable[[], bool], problems: list[str]) -> list[ReportRecord]:
    """Plan again what ended without data and whose `retry_at` has passed; returns the new requests.

    One account's trouble is a sentence in `problems`; the others go on.

    A retry leaves the index only after its days were planned or found settled, so a crash between the two repeats the look
    and nothing else: days with an open request are never planned twice.
    """
    planned: list[ReportRecord] = []
    groups: dict[tuple[str, str, str | None], list[ReportRecord]] = defaultdict(list)
    for record in ctx.ledger.retries_due(RETRIES_AT_ONCE):
        # A report that others made has no priority of its own: its retry goes by the age of the days.
        groups[record.report, record.account_key, None if record.adopted else record.priority].append(record)
    for (name, account_key, priority), records in groups.items():
        if not in_time():
            break
        report = ctx.registry.reports.get(name)
        try:
            if report is not None and account_key in ctx.settings.partition_keys(report):
                days = {day for record in records for day in _days(ctx, report, record)}
                if days:
                    partitions = [Partition.of(account_key, day) for day in sorted(days)]
                    planned += plan_and_write(ctx, report, partitions, priority=priority).create
            for record in records:
                ctx.ledger.retried(record)
        except (SpApiError, AwsError, LedgerError) as error:
            problems.append(f"Retries of {name} of {account_key} could not be planned. {error}")
    return planned


def _days(ctx: IngestContext, report: Report, record: ReportRecord) -> Iterable[date]:
    return partition_days(report, max(record.start, date.fromisoformat(ctx.settings.first_date)), record.end)


def close_gaps(ctx: IngestContext, account: Account, in_time: Callable[[], bool]) -> list[ReportRecord]:
    """Once a day: plan the days older than the schedule looks that the account kept up with and that are not settled.

    After a standstill of any length the first sweep finds them all; one query of requests and one of facts a report and
    account key. They are asked as back-fill, so that today's reports keep their reserve of the quota.
    """
    now, every = ctx.now(), timedelta(seconds=ctx.times.upkeep_every)
    name = f"upkeep#{account.name}"
    planned: list[ReportRecord] = []
    looked = ctx.ledger.mark(name)
    if looked is not None and now - looked < every:
        return []
    first, today = date.fromisoformat(ctx.settings.first_date), now.date()
    for report in ctx.registry.reports.values():
        if report.window.kind is not WindowKind.DAYS or not account.wants(report):
            continue  # a lost snapshot cannot be had any more, and settlements are listed
        done = ctx.ledger.mark(f"{name}#{report.name}")
        if done is not None and now - done < every:
            continue
        for account_key in ctx.settings.asked_keys(report):
            if account_key.partition(".")[0] != account.name:
                continue
            if not in_time():
                return planned
            since = kept_up_from(report, ctx.ledger.records(report.name, account_key, first, today))
            before = due_range(report, today, first)[0]
            if since is not None and since < before:
                days = partition_days(report, max(first, since), before - _DAY)
                if days:
                    partitions = [Partition.of(account_key, day) for day in days]
                    planned += plan_and_write(ctx, report, partitions, priority="backfill").create
        ctx.ledger.set_mark(f"{name}#{report.name}", now)
    ctx.ledger.set_mark(name, now)
    return planned
