"""Resolves intents: calls of createReport that were announced and whose end is not known (crash, lost answer).
Amazon's list of reports is asked before anything is created again, so that no window is requested twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.ledger import LedgerError
from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus
from spapi_assets.datasets.model import Report, WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.creating import marketplace_ids
from spapi_assets.ingest.data_kiosk import gateway as kiosk
from spapi_assets.ingest.windows import to_instants
from spapi_assets.spapi.errors import SpApiError, Throttled

_LOOK_AGAIN = timedelta(seconds=60)  # getReports is scarce: 80 calls an hour for everything


def recover_intents(ctx: IngestContext, problems: list[str]) -> list[ReportRecord]:
    """Bind every announced request to the report it made, or plan it again when it certainly made none.

    Returns the records that got their report. A look that fails changes nothing; the next sweep looks again.
    """
    now, found = ctx.now(), []
    waiting: dict[str, list[ReportRecord]] = defaultdict(list)
    for record in ctx.ledger.open_records():
        if record.status is ReportStatus.CREATING and record.intent_at is not None:
            waiting[record.account].append(record)
    for account, records in waiting.items():
        old = [r for r in records if now - r.intent_at >= timedelta(seconds=ctx.times.look_after)]  # type: ignore[operator]
        if not old:
            continue
        final = any(now - r.intent_at >= timedelta(seconds=ctx.times.settle) for r in old)  # type: ignore[operator]
        looked = ctx.ledger.mark(f"recover#{account}")
        if looked is not None and now - looked < _LOOK_AGAIN and not final:
            continue
        ctx.ledger.set_mark(f"recover#{account}", now)
        try:
            found += _resolve(ctx, account, old, records, now)
        except Throttled as error:
            problems.append(f"Account {account}: requests whose end is unknown wait to be looked up. {error}")
        except (SpApiError, AwsError, LedgerError) as error:
            problems.append(f"Account {account}: requests whose end is unknown could not be looked up. {error}")
    return found


def _resolve(
    ctx: IngestContext, account: str, old: Sequence[ReportRecord], all_intents: Sequence[ReportRecord], now: datetime
) -> list[ReportRecord]:
    since = min(r.intent_at for r in old if r.intent_at is not None) - timedelta(seconds=ctx.times.skew)
    # The list must be complete before its silence means anything: it is read to its last page.
    types = sorted({r.report_type for r in old if not _is_query(ctx, r)})
    listed = list(ctx.apis(account).reports.get_reports(types, created_since=since, max_wait=5.0)) if types else []
    queries = kiosk.listed(ctx, account, since) if any(_is_query(ctx, r) for r in old) else []
    resolved, taken = [], set()
    for record in sorted(old, key=lambda r: r.intent_at or now):
        assert record.intent_at is not None
        report = ctx.registry.reports.get(record.report)
        if report is None:
            continue
        # Options are never echoed: with a twin under way whose options differ, nobody can say whose report it is.
        rivals = [r for r in all_intents if _twins(r, record)]
        info: Any = None
        if report.query is not None:
            same = [i for i in queries if i.report_id not in taken and _is_query_of(ctx, report, record, i)]
            # Another deployment asks the same text, and which page a query is nobody tells: of two, none is known to be ours.
            info = same[0] if len(same) == 1 else None
        elif not rivals:
            info = next((i for i in listed if i.report_id not in taken and _is_of(ctx, report, record, i)), None)
        if info is not None:
            taken.add(info.report_id)
            operation = "createReport" if report.query is None else "createQuery"
            bound = ctx.ledger.created(record, info.report_id, info.created, operation=operation)
            resolved.append(ctx.ledger.outcome(account, info, "recovery") or bound)
        elif now - record.intent_at >= timedelta(seconds=ctx.times.settle):
            ctx.ledger.replan(record, "An announced request made no report; it is asked again.")
    return resolved


def _is_query(ctx: IngestContext, record: ReportRecord) -> bool:
    report = ctx.registry.reports.get(record.report)
    return report is not None and report.query is not None


def _is_query_of(ctx: IngestContext, report: Report, record: ReportRecord, told: kiosk.Told) -> bool:
    """Whether a listed query may be the one this intent made: Data Kiosk echoes the text, so nothing else can be taken for it.

    The pages of a request share their text; all before this one belong to their own records.
    """
    assert record.intent_at is not None
    assert told.created is not None
    skew = timedelta(seconds=ctx.times.skew)
    if not record.intent_at - skew <= told.created <= record.intent_at + skew:
        return False
    if told.text != kiosk.text_of(ctx, report, record):
        return False
    owner = ctx.ledger.by_report_id(record.account, told.report_id)
    return owner is None or owner.request_id == record.request_id


def _twins(other: ReportRecord, record: ReportRecord) -> bool:
    mine = (record.report_type, record.marketplace, record.start, record.end)
    return other.request_id != record.request_id and (other.report_type, other.marketplace, other.start, other.end) == mine


def _is_of(ctx: IngestContext, report: Report, record: ReportRecord, info: Any) -> bool:
    """Whether a listed report is the one this intent made: type, marketplaces, exact window, its time, and nobody else's."""
    assert record.intent_at is not None
    skew = timedelta(seconds=ctx.times.skew)
    if info.report_type != record.report_type or not record.intent_at - skew <= info.created <= record.intent_at + skew:
        return False
    account = ctx.settings.account(record.account)
    if info.marketplace_ids and set(info.marketplace_ids) != set(marketplace_ids(account, report, record.marketplace)):
        return False
    if report.window.kind is not WindowKind.SNAPSHOT:
        start, end = to_instants(report, record.start, record.end, record.marketplace)
        if not (_same(start, info.start) and _same(end, info.end)):
            return False
    owner = ctx.ledger.by_report_id(record.account, info.report_id)
    return owner is None or owner.request_id == record.request_id


def _same(ours: datetime | None, theirs: datetime | None) -> bool:
    return ours is not None and theirs is not None and abs((ours - theirs).total_seconds()) < 1.5
