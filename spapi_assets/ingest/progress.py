"""How far the requests under way have come, and when the last of them can be made: open records against the quota.
Reads only; what would be asked beside them is `costs.py`."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus
from spapi_assets.ingest.context import IngestContext, bucket_state
from spapi_assets.ingest.costs import type_limits
from spapi_assets.ingest.forecast import Bucket
from spapi_assets.spapi.errors import ConfigurationError
from spapi_assets.spapi.operations import CREATE_QUERY, CREATE_REPORT, Operation


@dataclass(frozen=True)
class Progress:
    """One report of one account: requests by where they stand, and when the last planned one can be made (UTC)."""

    account: str
    report: str
    planned: int  # wait for quota
    at_amazon: int
    to_load: int
    first: str  # the oldest day among them
    last: str
    finished: datetime | None  # None: nothing waits for quota
    pace: str  # what sets it


def progress(ctx: IngestContext) -> list[Progress]:
    """Every report with open requests, accounts and reports in alphabetical order.

    Planned requests of an account share one createReport quota, and its Data Kiosk queries one of createQuery, so the finishing
    date of each is that of all of them; a type with a limit a day may take longer.
    """
    now = ctx.now()
    grouped: dict[tuple[str, str], list[ReportRecord]] = defaultdict(list)
    known = {a.name for a in ctx.settings.accounts}
    for record in [*ctx.ledger.open_records(), *ctx.ledger.done_not_loaded()]:
        if record.account in known and record.report in ctx.registry.reports:
            grouped[record.account, record.report].append(record)
    pools = {name: CREATE_REPORT if report.query is None else CREATE_QUERY for name, report in ctx.registry.reports.items()}
    waiting = Counter(
        (account, pools[name].name)
        for (account, name), records in grouped.items()
        for r in records
        if r.status is ReportStatus.PLANNED
    )
    buckets: dict[tuple[str, str], Bucket] = {}
    found = []
    for (account, name), records in sorted(grouped.items()):
        planned = sum(r.status is ReportStatus.PLANNED for r in records)
        to_load = sum(r.ready for r in records)
        pool = pools[name]
        seconds, pace = 0.0, ""
        if planned:
            seconds, pace = _pace(ctx, account, name, pool, waiting[account, pool.name], planned, buckets)
        found.append(
            Progress(
                account=account,
                report=name,
                planned=planned,
                at_amazon=len(records) - planned - to_load,
                to_load=to_load,
                first=min(r.start for r in records).isoformat(),
                last=max(r.end for r in records).isoformat(),
                finished=now + timedelta(seconds=seconds) if planned else None,
                pace=pace,
            )
        )
    return found


def _pace(
    ctx: IngestContext,
    account: str,
    name: str,
    pool: Operation,
    of_account: int,
    of_report: int,
    buckets: dict[tuple[str, str], Bucket],
) -> tuple[float, str]:
    """Seconds until the last request, and what sets them. `buckets`: those of the accounts met so far, each read once."""
    report, now = ctx.registry.reports[name], ctx.now().timestamp()
    if (account, pool.name) not in buckets:
        try:
            state = bucket_state(ctx, account, pool)
        except ConfigurationError:
            state = None  # no usable credentials: Amazon's published rate is as good a guess as any
        buckets[account, pool.name] = Bucket(pool.plan, state)
    paces = [(0.0, ""), (buckets[account, pool.name].seconds(of_account, now), f"{pool.name} of the account")]
    limits = type_limits(ctx, ctx.settings.account(account), [report]).values()
    return max(*paces, *((held.seconds(of_report), f"{held.limit} a day of {report.report_type}") for held in limits))


def in_a_sentence(found: list[Progress]) -> str:
    """For the sweep's tick: what is still to come, or an empty text."""
    planned, dates = sum(p.planned for p in found), [p.finished for p in found if p.finished is not None]
    if not planned:
        return ""
    return f"{planned} requests wait for quota; the last can be made on {max(dates):%Y-%m-%d at %H:%M} UTC."
