"""The sweep: what notifications cannot do. Resolves intents, asks again, creates, polls, judges, lists what others made.
Every step is idempotent and one account's trouble never stops the others; loading is `load.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.ledger import LedgerError
from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus
from spapi_assets.ingest.adoption import adoptable
from spapi_assets.ingest.amazon_schedules import keep_schedules
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.creating import RequestOutcome
from spapi_assets.ingest.data_kiosk import gateway as kiosk
from spapi_assets.ingest.data_kiosk.pages import follow_pages
from spapi_assets.ingest.outcomes import judge, record_outcome
from spapi_assets.ingest.recovery import recover_intents
from spapi_assets.ingest.requesting import create_planned
from spapi_assets.ingest.upkeep import close_gaps, plan_retries
from spapi_assets.settings import Account
from spapi_assets.spapi.errors import NotFound, SpApiError, Throttled

LONGEST_LIST = timedelta(days=89)  # Amazon refuses createdSince beyond 90 days
SLICE = timedelta(days=15)  # progress is remembered after each slice, so a long first list survives its quota
OVERLAP = timedelta(days=2)  # reports made before the last list may have finished after it
_BURST_WAIT = 2.0  # seconds a sweep waits for a createReport token: longer waits are the next sweep's


@dataclass
class SweepResult:
    """What a sweep did. `ready`: reports that can be loaded now. `problems`: sentences for people."""

    ready: list[ReportRecord] = field(default_factory=list)
    planned: list[ReportRecord] = field(default_factory=list)  # retries and gaps, asked as the quota allows
    created: list[ReportRecord] = field(default_factory=list)
    adopted: list[ReportRecord] = field(default_factory=list)
    recovered: list[ReportRecord] = field(default_factory=list)
    polled: int = 0
    problems: list[str] = field(default_factory=list)


def sweep(ctx: IngestContext, budget_seconds: float) -> SweepResult:
    """One round, at most `budget_seconds` long (plus the call under way). Safe beside other sweeps, runs and notifications."""
    result = SweepResult()
    deadline = ctx.monotonic() + budget_seconds

    def in_time() -> bool:
        return ctx.monotonic() < deadline

    result.recovered = recover_intents(ctx, result.problems)
    # Before anything is asked for: what others made meanwhile need not be (after a standstill, days of it). A first list of 90
    # days is long, so it may take half of the time: polls and new requests must not starve beside it.
    half = ctx.monotonic() + budget_seconds / 2
    for account in ctx.settings.accounts:
        if ctx.monotonic() < half:
            with _noted(result, account.name):
                _list(ctx, account, lambda: ctx.monotonic() < half, result)
    with _noted(result, None):
        result.planned += follow_pages(ctx)
        result.planned += plan_retries(ctx, in_time, result.problems)
    for account in ctx.settings.accounts:
        if in_time():
            with _noted(result, account.name):
                result.planned += close_gaps(ctx, account, in_time)
                keep_schedules(ctx, account, result.problems)
    if in_time():
        _create(ctx, deadline, result)
    _poll(ctx, in_time, result)
    _judge(ctx, in_time, result)
    now = ctx.now()
    result.ready = [r for r in ctx.ledger.done_not_loaded() if r.retry_at is None or r.retry_at <= now]
    return result


@contextmanager
def _noted(result: SweepResult, account: str | None) -> Iterator[None]:
    """An account's failure, at Amazon, in AWS or in the ledger, becomes a sentence; the others go on."""
    try:
        yield
    except Throttled:
        return  # the quota is spent: the next sweep continues, nothing is wrong
    except (SpApiError, AwsError, LedgerError) as error:
        sentence = f"Account {account}: {error}" if account else str(error)
        if sentence not in result.problems:
            result.problems.append(sentence)


def _known(ctx: IngestContext, record: ReportRecord) -> bool:
    """Accounts and reports that were removed from the configuration are left as they are."""
    return record.report in ctx.registry.reports and any(a.name == record.account for a in ctx.settings.accounts)


def _create(ctx: IngestContext, deadline: float, result: SweepResult) -> None:
    planned = [r for r in ctx.ledger.open_records() if r.status is ReportStatus.PLANNED and _known(ctx, r)]
    planned.sort(key=lambda r: (r.priority != "fresh", -r.end.toordinal(), r.account_key))
    outcome = RequestOutcome()
    create_planned(ctx, planned, min(deadline, ctx.monotonic() + _BURST_WAIT), outcome, stop=deadline)
    result.created = outcome.created
    result.problems += outcome.problems


def due_for_poll(ctx: IngestContext, record: ReportRecord, now: datetime) -> bool:
    """Adaptive: soon after it was made, then ever more rarely; notifications usually come first."""
    times = ctx.times
    pause = min(times.poll_longest, times.poll_first * 2.0 ** min(record.polls, 20))
    since = record.polled_at or record.created_at or record.requested_at or now
    return now - since >= timedelta(seconds=pause)


def _poll(ctx: IngestContext, in_time: Callable[[], bool], result: SweepResult) -> None:
    broken: set[str] = set()
    for record in ctx.ledger.open_records():
        if record.report_id is None or record.account in broken or not _known(ctx, record):
            continue
        if not due_for_poll(ctx, record, ctx.now()):
            continue
        if not in_time():
            return
        before = len(result.problems)
        with _noted(result, record.account):
            poll(ctx, record)
            result.polled += 1
        if len(result.problems) > before:
            broken.add(record.account)


def poll(ctx: IngestContext, record: ReportRecord) -> ReportRecord | None:
    """Ask Amazon about one open report and write down the answer."""
    assert record.report_id is not None
    try:
        if ctx.registry.reports[record.report].query is not None:
            return record_outcome(ctx, record.account, kiosk.get(ctx, record, max_wait=2.0), "poll")
        info = ctx.apis(record.account).reports.get_report(record.report_id, max_wait=2.0)
    except NotFound:
        made = record.created_at or ctx.now()
        if ctx.now() - made < timedelta(hours=1):
            return record  # not yet visible everywhere
        info = SimpleNamespace(  # type: ignore[assignment]
            report_id=record.report_id, status="FATAL", document_id=None, created=None, processing_end=None
        )
    return record_outcome(ctx, record.account, info, "poll")


def _judge(ctx: IngestContext, in_time: Callable[[], bool], result: SweepResult) -> None:
    for record in ctx.ledger.unjudged():
        if not in_time():
            return
        if _known(ctx, record):
            with _noted(result, record.account):
                judge(ctx, record)


def _list(ctx: IngestContext, account: Account, in_time: Callable[[], bool], result: SweepResult) -> None:
    """getReports for the types whose finished reports may be others' work: settlements, and types without options."""
    types = sorted({r.report_type for r in adoptable(ctx, account)})
    name = f"listed#{account.name}"
    now, listed = ctx.now(), ctx.ledger.mark(name)
    if not types or (listed is not None and now - listed < timedelta(seconds=ctx.times.list_every)):
        return
    since = now - LONGEST_LIST if listed is None else max(now - LONGEST_LIST, listed - OVERLAP)
    while since < now:
        until = min(now, since + SLICE)
        for info in ctx.apis(account.name).reports.get_reports(
            types, statuses=["DONE"], created_since=since, created_until=until, max_wait=2.0
        ):
            known = ctx.ledger.by_report_id(account.name, info.report_id)
            if known is None or known.open:
                record = record_outcome(ctx, account.name, info, "sweep")
                if known is None and record is not None:
                    result.adopted.append(record)
            if not in_time():
                return  # what was adopted stays; the slice is listed again
        ctx.ledger.set_mark(name, until)
        since = until
