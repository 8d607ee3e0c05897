"""One announced call of createReport or createQuery: the intent in the ledger, the call, and what each way to fail means.
Which requests are called for, and how long to wait for quota, is `requesting.py`; a lost answer is found by `recovery.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import takewhile

from spapi_assets.aws.denials import deny
from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.model import Report, Scope, Source
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.data_kiosk import gateway as kiosk
from spapi_assets.ingest.windows import option_window, snapshot_start, to_instants
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account
from spapi_assets.spapi.errors import (
    AmazonFault,
    ConfigurationError,
    MissingRole,
    OutcomeUnknown,
    ReauthorizationNeeded,
    SpApiError,
    Throttled,
)
from spapi_assets.spapi.marketplaces import MARKETPLACES

_PAGE_RETRIES = 5  # requests made anew because a later page was refused, one after the other


@dataclass
class RequestOutcome:
    """What a round of requesting did. `problems` are sentences for people; `retryable`: the same call may succeed later."""

    created: list[ReportRecord] = field(default_factory=list)
    waiting: list[ReportRecord] = field(default_factory=list)  # PLANNED: quota or cool-down; the sweep continues
    problems: list[str] = field(default_factory=list)
    by_partition: dict[Partition, ReportRecord] = field(default_factory=dict)
    reasons: dict[Partition, str] = field(default_factory=dict)  # why a partition was not asked for
    retryable: bool = True
    instead: dict[tuple[str, str, str], set[date]] = field(default_factory=dict)  # source, account key, priority: days to ask
    blocked: set[str] = field(default_factory=set)  # accounts, and lanes of them, that cannot create more now


@dataclass(frozen=True)
class Wait:
    """createReport was not made for want of quota. `by_amazon`: it answered 429; else our own bucket says so."""

    seconds: float
    by_amazon: bool


def _reserve(ctx: IngestContext, record: ReportRecord) -> float:
    """The share of every quota that a request leaves to fresher ones."""
    return ctx.settings.request_reserve if record.priority == "backfill" else 0.0


def create_one(ctx: IngestContext, report: Report, record: ReportRecord, outcome: RequestOutcome) -> Wait | None:
    """One announced call. Returns how long to wait for quota, or None when the record is dealt with."""
    account = ctx.settings.account(record.account)
    intent = ctx.ledger.creating(record)
    if intent is None:  # another process works on it, or it has been created meanwhile
        return None
    operation = "createReport" if report.query is None else "createQuery"
    try:
        # The intent must not grow old while waiting: this function's caller waits for quota.
        if report.query is None:
            report_id = _create_report(ctx, report, record)
        else:
            report_id = kiosk.create(ctx, report, record, reserve=_reserve(ctx, record))
    except Throttled as error:
        until = ctx.now() + timedelta(seconds=error.retry_after)
        ctx.ledger.replan(intent, f"Waits for the {operation} quota.", until)
        return Wait(max(0.05, error.retry_after), by_amazon=error.status == 429)
    except (OutcomeUnknown, AmazonFault) as error:
        # The report may exist. The intent stays; it is looked for before anything is asked again.
        outcome.problems.append(f"{record}: {error} Whether the report was made is looked up before it is asked again.")
        outcome.blocked.add(account.name)
        return None
    except (ReauthorizationNeeded, ConfigurationError) as error:
        if isinstance(error, ReauthorizationNeeded) or error.operation == "lwa":
            ctx.ledger.replan(intent, str(error), ctx.now() + timedelta(minutes=15), Verdict.REAUTHORIZE)
            outcome.problems.append(f"Account {account.name}: {error} Its planned requests continue by themselves afterwards.")
            outcome.blocked.add(account.name)
        elif record.page > 1:
            outcome.problems.append(f"{record}: {_refuse_page(ctx, intent, error)}")
            return None
        else:
            ctx.ledger.refuse(intent, Verdict.CONFIGURATION, str(error))
            outcome.problems.append(f"{record}: {error}")
        outcome.retryable = False
        return None
    except MissingRole as error:
        deny(ctx.ledger, intent, str(error))
        ctx.ledger.refuse(intent, Verdict.MISSING_ROLE, str(error))
        outcome.problems.append(f"{record}: {error}")
        outcome.retryable = False
        return None
    except SpApiError as error:  # transient and certainly not sent
        ctx.ledger.replan(intent, str(error), ctx.now() + timedelta(minutes=1))
        outcome.problems.append(f"{record}: {error} It is tried again by the next sweep.")
        outcome.blocked.add(account.name)
        outcome.waiting.append(record)
        return None
    created = ctx.ledger.created(intent, report_id, operation=operation)
    if created.status is not ReportStatus.PLANNED:
        outcome.created.append(created)
    return None


def _refuse_page(ctx: IngestContext, intent: ReportRecord, error: SpApiError) -> str:
    """The same query was taken for its first page, so it is the token that Amazon no longer takes: the request is made anew, a
    bounded number of times. Returns the sentence."""
    history = ctx.ledger.records(intent.report, intent.account_key, intent.start, intent.end)
    before = [r for r in reversed(history) if r.request_id != intent.request_id]
    failures = sum(1 for _ in takewhile(lambda r: r.status is ReportStatus.FATAL, before))
    if failures >= _PAGE_RETRIES:
        why = f"Page {intent.page} was refused {failures + 1} times in a row. {error}"
        ctx.ledger.refuse(intent, Verdict.AMAZON_FAULT, why)
        return why
    why = f"Page {intent.page} was refused, so the request is made again from its first page. {error}"
    delay = min(timedelta(hours=12), timedelta(minutes=15) * 4**failures)
    ctx.ledger.refuse(intent, Verdict.RETRYABLE, why, ctx.now() + delay)
    return why


def _create_report(ctx: IngestContext, report: Report, record: ReportRecord) -> str:
    start, end = to_instants(report, record.start, record.end, record.marketplace)
    options = {**record.options, **option_window(report, record.start, record.end, ctx.now())}
    return ctx.apis(record.account).reports.create_report(
        record.report_type,
        marketplace_ids(ctx.settings.account(record.account), report, record.marketplace),
        options=options or None,
        start=start or snapshot_start(report, ctx.now()),
        end=end,
        reserve=_reserve(ctx, record),
        max_wait=0.0,
    )


def marketplace_ids(account: Account, report: Source, marketplace: str | None) -> list[str]:
    """Marketplace ids of a request: the one, or all of the account's that have the report, for one of the whole account."""
    codes = (marketplace,) if report.scope is Scope.MARKETPLACE and marketplace else account.places(report)
    return [MARKETPLACES[code].id for code in codes]
