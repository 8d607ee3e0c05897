"""What Amazon's answers mean: the one entrance for outcomes, and the verdict on reports that ended without a document.
CANCELLED is corroborated (`corroboration.py`); FATAL is judged by its reason document (`reason_documents.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from spapi_assets.aws.denials import deny
from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.model import Report
from spapi_assets.ingest.adoption import adopt
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.corroboration import asked_too_soon, decide, gather
from spapi_assets.ingest.fanout import part_of
from spapi_assets.ingest.reason_documents import read_reason
from spapi_assets.ingest.requesting import allowance_key
from spapi_assets.ingest.windows import closes_at

# Unlike a report's, a query's CANCELLED never means that there is no data: that is DONE without a document (Amazon's model).
CANCELLED_QUERY = "The query was cancelled before Amazon began it, by another application or by hand."
UNKNOWN_TEXT = 2  # retries for a reason that no rule knows: the same answer three times will not change
LONG_AGO = timedelta(days=28)  # "not yet" cannot be true of days that closed so long ago


@dataclass(frozen=True)
class Retry:
    """How often a verdict is retried, and how the delay grows."""

    times: int
    first: timedelta
    growth: float = 2.0
    longest: timedelta = timedelta(hours=24)


RETRIES = {
    Verdict.RETRYABLE: Retry(5, timedelta(minutes=15), 4.0, timedelta(hours=12)),
    Verdict.THROTTLED: Retry(6, timedelta(minutes=30), 2.0, timedelta(hours=12)),
    Verdict.NOT_PUBLISHED: Retry(10, timedelta(hours=3)),
    Verdict.EMPTY_SUSPECTED: Retry(1, timedelta(hours=1)),
}


def record_outcome(ctx: IngestContext, account: str, info: Any, source: str) -> ReportRecord | None:
    """The one entrance for what Amazon says about a report: notifications, polls and sweeps all come here, then acknowledge.

    Idempotent on (account, report id). A report of others is adopted where its meaning is certain. None: not ours, not wanted.
    Raises SpApiError when a report of others must be looked up and cannot be now: the next list of reports finds it.
    """
    known = ctx.ledger.outcome(account, info, source)
    return known if known is not None else adopt(ctx, account, info, source)


def judge(ctx: IngestContext, record: ReportRecord) -> ReportRecord:
    """Find out why a CANCELLED or FATAL report brought nothing, and write the verdict. May be repeated.

    Raises SpApiError when Amazon must be asked for evidence and cannot be now.
    """
    if not record.unjudged:
        return record
    report = ctx.registry.reports[record.report]
    part = part_of(report, record.options)
    touching = ctx.ledger.records(record.report, record.account_key, record.start, record.end)
    history = [r for r in touching if part_of(report, r.options) == part]
    failures = failures_in_a_row(record, history)
    uri = None
    if record.status is ReportStatus.FATAL:
        verdict, sentence, uri = _fatal(ctx, report, record, history, failures)
    elif report.query is not None:
        verdict, sentence = Verdict.RETRYABLE, CANCELLED_QUERY
    else:
        verdict, sentence = decide(gather(ctx, report, record, history))
    if verdict is Verdict.MISSING_ROLE and report.fan_out is None:  # of a fan-out, one view may be denied and another not
        deny(ctx.ledger, record, sentence)
    if verdict is Verdict.EMPTY_SUSPECTED:  # one more question, whatever failed before
        suspected = [r for r in history if r.verdict is Verdict.EMPTY_SUSPECTED and r.covers(record.start)]
        failures = 1 + len(suspected)
    return ctx.ledger.judged(record, verdict, sentence, retry_at(report, verdict, failures, ctx.now()), uri)


def _fatal(
    ctx: IngestContext, report: Report, record: ReportRecord, history: Sequence[ReportRecord], failures: int
) -> tuple[Verdict, str, str | None]:
    """Verdict, sentence and where the reason document is kept."""
    reason = read_reason(ctx, record)
    if not reason.text:
        too_soon = asked_too_soon(ctx, report, record)
        if too_soon:
            return Verdict.THROTTLED, f"FATAL without a reason within the cool-down: {too_soon}", reason.uri
    verdict, sentence = reason.verdict, reason.sentence
    if verdict is Verdict.THROTTLED and not report.window.cool_down_minutes and report.query is None:
        # No cool-down explains it: Amazon has a limit a day of this type. Later requests keep to what it made until now.
        ctx.allowance.refused(allowance_key(ctx.settings.account(record.account), report), certain=True)
    if reason.later is not None:
        old = ctx.now() > closes_at(report, record.end, record.marketplace) + LONG_AGO
        if old or failures > RETRIES[verdict].times:
            verdict = reason.later
    if verdict is Verdict.EMPTY_SUSPECTED:
        verdict, said = decide(gather(ctx, report, record, history), "FATAL")
        return verdict, f"{said} {sentence}", reason.uri
    times = RETRIES[Verdict.RETRYABLE].times if reason.known else UNKNOWN_TEXT
    if verdict is Verdict.RETRYABLE and failures > times:
        return Verdict.AMAZON_FAULT, f"Failed {failures} times in a row. {sentence}", reason.uri
    return verdict, sentence, reason.uri


def failures_in_a_row(record: ReportRecord, history: Sequence[ReportRecord]) -> int:
    """Requests for these days that ended without a document since the last one that did not, this one included."""
    count = 0
    for other in history:
        if not (other.covers(record.start) and other.status.finished) or other.verdict is Verdict.SUPERSEDED:
            continue
        count = 0 if other.status is ReportStatus.DONE or other.verdict is Verdict.EMPTY_CONFIRMED else count + 1
        if other.request_id == record.request_id:
            break
    return max(1, count)


def retry_at(report: Report, verdict: Verdict, failures: int, now: datetime) -> datetime | None:
    """When to ask again after so many failures in a row; None: not by itself."""
    retry = RETRIES.get(verdict)
    if retry is None or failures > retry.times:
        return None
    delay = min(retry.longest, retry.first * retry.growth ** (failures - 1))
    return now + max(delay, timedelta(minutes=report.window.cool_down_minutes))
