"""What Amazon's answers mean: the one entrance for outcomes, and the verdict on reports that ended without a document.
CANCELLED is corroborated before anything is called empty; FATAL is judged by its reason document (`reasons.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.model import Report
from spapi_assets.ingest.adoption import adopt
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.reasons import read_reason

NEIGHBOURS = 7  # days on each side that bear witness
WITNESSES = 3  # so many loaded neighbour days, all with rows, make an empty window unbelievable
_WIDE = timedelta(days=400)


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
    """Find out why a CANCELLED or FATAL report brought nothing, and write the verdict. May be repeated."""
    if not record.unjudged:
        return record
    report = ctx.registry.reports[record.report]
    history = ctx.ledger.records(record.report, record.account_key, record.start, record.end)
    failures = failures_in_a_row(record, history)
    if record.status is ReportStatus.FATAL:
        reason = read_reason(ctx, record)
        verdict, sentence, uri = reason.verdict, reason.sentence, reason.uri
        if verdict is Verdict.RETRYABLE and failures > RETRIES[verdict].times:
            verdict = Verdict.AMAZON_FAULT
            sentence = f"Failed {failures} times in a row. {sentence}"
    else:
        around = ctx.ledger.partitions(
            report.datasets[0].name,
            record.account_key,
            record.start - timedelta(days=NEIGHBOURS),
            record.end + timedelta(days=NEIGHBOURS),
        )
        verdict, sentence = corroborate(report, record, history, around, _same_type(ctx, report, record))
        uri = None
        if verdict is Verdict.EMPTY_SUSPECTED:  # one more question, whatever failed before
            suspected = [r for r in history if r.verdict is Verdict.EMPTY_SUSPECTED and r.covers(record.start)]
            failures = 1 + len(suspected)
    return ctx.ledger.judged(record, verdict, sentence, retry_at(report, verdict, failures, ctx.now()), uri)


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


def corroborate(
    report: Report,
    record: ReportRecord,
    history: Sequence[ReportRecord],
    around: Sequence[PartitionFacts],
    same_type: Sequence[ReportRecord],
) -> tuple[Verdict, str]:
    """What a CANCELLED report means: Amazon uses the one word for no data, asked too soon, and cancelled by somebody.

    `history`: requests touching these days. `around`: loaded days in and near the window. `same_type`: requests of the type.
    """
    held = sum(f.rows for f in around if f.day is not None and record.covers(f.day))
    if held:
        return Verdict.THROTTLED, (
            f"CANCELLED although {held} rows of these days are loaded: asked too soon, or cancelled by another application."
        )
    cool_down = timedelta(minutes=report.window.cool_down_minutes)
    made = record.created_at or record.requested_at
    if cool_down and made is not None:
        for other in same_type:
            if other.request_id != record.request_id and other.created_at and made - cool_down < other.created_at <= made:
                return Verdict.THROTTLED, (
                    f"CANCELLED within the cool-down of {report.window.cool_down_minutes} min after report {other.report_id}."
                )
    before = [
        other
        for other in history
        if other.request_id != record.request_id
        and other.verdict in (Verdict.EMPTY_SUSPECTED, Verdict.EMPTY_CONFIRMED)
        and other.covers(record.start)
        and other.covers(record.end)
        and (made is None or other.created_at is None or other.created_at + cool_down <= made)
    ]
    if not before:
        return Verdict.EMPTY_SUSPECTED, "CANCELLED: probably there is no data. It is asked once more to be certain."
    rows = [f.rows for f in around if f.day is not None and not record.covers(f.day)]
    if len(rows) >= WITNESSES and all(rows):
        return Verdict.EMPTY_SUSPECTED, (
            f"CANCELLED twice, but all {len(rows)} loaded days around it have rows: this is not believed to be empty."
        )
    return Verdict.EMPTY_CONFIRMED, (
        f"CANCELLED twice (before: report {before[-1].report_id}), outside any cool-down; the days around do not contradict."
    )


def _same_type(ctx: IngestContext, report: Report, record: ReportRecord) -> list[ReportRecord]:
    """Requests of the report type for the same account and marketplace, whatever their options and windows."""
    if not report.window.cool_down_minutes:
        return []
    return [
        other
        for sibling in ctx.registry.by_type(report.report_type)
        for other in ctx.ledger.records(sibling.name, record.account_key, record.start - _WIDE, record.end + _WIDE)
        if other.report_id is not None
    ]
