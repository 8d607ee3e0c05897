"""Takes over finished reports that others made (Amazon's settlements, Seller Central, other applications) where they are certain.
Certain: a type without options, whole days, our marketplaces, made after the days were published. All else is left alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus
from spapi_assets.datasets.model import Report, Scope, WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.truth import TruthState, truth
from spapi_assets.ingest.windows import due_at, from_instants
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account
from spapi_assets.spapi.errors import NotFound
from spapi_assets.spapi.marketplaces import BY_ID, MARKETPLACES

# A day in one of these states gains nothing from another report.
_SETTLED = frozenset({TruthState.FINAL, TruthState.EMPTY_CONFIRMED})


def adoptable(ctx: IngestContext, account: Account) -> list[Report]:
    """Reports of an account whose finished documents may have been made by others."""
    return [r for r in ctx.registry.reports.values() if account.wants(r) and (r.adoptable or r.window.kind is WindowKind.HARVEST)]


def adopt(ctx: IngestContext, account_name: str, info: Any, source: str) -> ReportRecord | None:
    """Adopt a report the ledger does not know, or return None. Repeatable: the report id owns at most one record."""
    if str(info.status) != ReportStatus.DONE:
        return None
    account = ctx.settings.account(account_name)
    reports = [r for r in adoptable(ctx, account) if r.report_type == info.report_type]
    if not reports:
        return None
    if not hasattr(info, "marketplace_ids"):  # a notification says neither window nor marketplace
        try:
            info = ctx.apis(account_name).reports.get_report(info.report_id, max_wait=5.0)
        except NotFound:
            return None
    for report in reports:
        record = _record(account, report, info)
        # Days before the deployment's first one have no partition to lie in.
        if record is None or record.end < date.fromisoformat(ctx.settings.first_date):
            continue
        ours = ctx.ledger.records(report.name, record.account_key, record.start, record.end)
        same = [r for r in ours if (r.start, r.end) == (record.start, record.end)]
        if any(r.status is ReportStatus.CREATING for r in same):
            return None  # it may be the report of an intent: recovery decides
        planned = next((r for r in same if r.status is ReportStatus.PLANNED), None)
        if planned is not None and (planned.requested_at is None or info.created >= planned.requested_at):
            ctx.ledger.created(planned, info.report_id, info.created, spent=False)  # one call of createReport saved
            return ctx.ledger.outcome(account_name, info, source)
        if _wanted(ctx, report, record, ours):
            return ctx.ledger.adopt(record)
    return None


def _record(account: Account, report: Report, info: Any) -> ReportRecord | None:
    marketplace = None
    if report.scope is Scope.MARKETPLACE:
        codes = [BY_ID[i].code for i in info.marketplace_ids if i in BY_ID]
        if len(info.marketplace_ids) != 1 or not codes or codes[0] not in account.marketplaces:
            return None
        marketplace = codes[0]
    elif report.window.kind is not WindowKind.HARVEST and not _whole_account(account, info):
        return None
    days = from_instants(report, info.start, info.end, info.created, marketplace)
    if days is None or info.document_id is None:
        return None
    if report.window.kind is WindowKind.DAYS and info.created < due_at(report, days[1], marketplace):
        return None
    return ReportRecord(
        account=account.name,
        report=report.name,
        report_type=report.report_type,
        marketplace=marketplace,
        options={},
        start=days[0],
        end=days[1],
        status=ReportStatus.DONE,
        report_id=info.report_id,
        document_id=info.document_id,
        adopted=True,
        requested_at=info.created,
        created_at=info.created,
        finished_at=info.processing_end or info.created,
        source="adopted",
    )


def _whole_account(account: Account, info: Any) -> bool:
    """A report of some of the account's marketplaces is not a report of the account."""
    return {MARKETPLACES[c].id for c in account.marketplaces} <= set(info.marketplace_ids)


def _wanted(ctx: IngestContext, report: Report, record: ReportRecord, ours: list[ReportRecord]) -> bool:
    """Whether some day of the window is still unknown or would become newer."""
    if report.window.kind is WindowKind.HARVEST:
        return True
    dataset = report.datasets[0].name
    known = ctx.ledger.partitions(dataset, record.account_key, record.start, record.end)
    day = record.start
    while day <= record.end:
        partition = Partition(record.account, record.marketplace, day)
        facts = [f for f in known if f.day == day]
        state = truth(report, dataset, partition, ours, facts, ctx.now()).state
        asked = [r for r in ours if r.covers(day) and (r.ready or (r.open and r.report_id))]
        newer = not facts or (record.created_at is not None and max(f.created_at for f in facts) < record.created_at)
        if state not in _SETTLED and not asked and newer:
            return True
        day += timedelta(days=1)
    return False
