"""What is known about one day as far as one request fills it, from its history in the ledger: state, reason, next action.
Pure. Partitions that several requests fill are put together in `truth.py`; the words are `states.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from spapi_assets.aws.ledger_records import PERMANENT, PartitionFacts, ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.model import ApiSource, Source, WindowKind
from spapi_assets.ingest import source_words
from spapi_assets.ingest.states import Truth, TruthState
from spapi_assets.ingest.windows import (
    closes_at,
    due_at,
    due_range,
    final_at,
    midnight,
    reachable,
    restated_at,
    scheduled_on,
    today,
)
from spapi_assets.lake.layout import Partition

STUCK = timedelta(hours=24)
_EPOCH = datetime.min.replace(tzinfo=UTC)


def truth_of_request(
    report: Source,
    dataset: str,
    partition: Partition,
    records: Iterable[ReportRecord],
    facts: Sequence[PartitionFacts],
    now: datetime,
    kept_up_from: date | None = None,
) -> Truth:
    """The truth about one partition, or the part of it that one request of a fan-out fills.

    `records`: the requests for it, of any window that covers the day; `facts`: what lies in the lake for it.
    """
    history = sorted((r for r in records if r.covers(partition.day) and r.verdict is not Verdict.SUPERSEDED), key=_when)
    if report.window.kind is WindowKind.HARVEST:
        return _harvested(report, partition, history, facts, now)
    place = partition.marketplace
    if report.window.kind is WindowKind.SNAPSHOT:
        if now < midnight(report, partition.day, place):
            return Truth(TruthState.NOT_DUE, "The day has not begun.", "Nothing to do.", midnight(report, partition.day, place))
    elif now < closes_at(report, partition.day, place):
        return Truth(
            TruthState.NOT_DUE,
            f"The {report.window.period} is not over.",
            "It is asked for when Amazon has published it.",
            due_at(report, partition.day, place),
        )
    held = _held(report, dataset, history, facts)
    if held is not None:
        return _with_data(report, partition, history, held, now)
    return _without_data(report, partition, history, now, kept_up_from)


@dataclass(frozen=True)
class _Held:
    rows: int
    created: datetime  # the age of the newest data
    confirmed_empty: bool
    report_id: str | None
    gap: str | None = None  # what Amazon did not answer, of a snapshot that was read


def _when(record: ReportRecord) -> datetime:
    return record.requested_at or record.created_at or _EPOCH


def _held(report: Source, dataset: str, history: Sequence[ReportRecord], facts: Sequence[PartitionFacts]) -> _Held | None:
    """What lies in the lake for this day, from its facts or, before they are written, from the loaded requests."""
    loaded = [r for r in history if r.loaded_at is not None]
    if report.window.kind is WindowKind.SNAPSHOT and not facts:
        # Asked before midnight and made after it: the rows are the next day's.
        loaded = [r for r in loaded if r.verdict is Verdict.EMPTY_CONFIRMED or _day_made(report, r) == r.start]
    empty = any(r.verdict is Verdict.EMPTY_CONFIRMED for r in loaded)
    if facts:
        newest = max(facts, key=lambda f: f.created_at)
        rows = sum(f.rows for f in facts)
        # A request made later that ended empty, or brought the same, still proves that the content was looked at then.
        looked = max([newest.created_at, *(_looked(r) for r in loaded)])
        gap = next((r.reason for r in loaded if r.report_id == newest.report_id and source_words.is_read(report)), None)
        return _Held(rows, looked, empty and rows == 0, newest.report_id, gap)
    if loaded:
        last = max(loaded, key=_looked)
        return _Held(last.rows.get(dataset, 0), _looked(last), last.verdict is Verdict.EMPTY_CONFIRMED, last.report_id)
    return None


def _day_made(report: Source, record: ReportRecord) -> date:
    return today(report, record.marketplace, _looked(record))


def _looked(record: ReportRecord) -> datetime:
    return record.created_at or _when(record)


def _with_data(report: Source, partition: Partition, history: Sequence[ReportRecord], held: _Held, now: datetime) -> Truth:
    if report.window.kind is WindowKind.SNAPSHOT and held.gap is not None:
        why = f"{held.rows} rows from {source_words.version(report, held.report_id)}, which is not whole: {held.gap}"
        if today(report, partition.marketplace, now) == partition.day:
            return Truth(TruthState.PROVISIONAL, why, "They are marked: the sensor api_refreshes reads them again.")
        return Truth(TruthState.FINAL, why, "Nothing to do: the snapshot cannot be had again.")
    if report.window.kind is WindowKind.SNAPSHOT:
        return Truth(
            TruthState.FINAL if held.rows or not held.confirmed_empty else TruthState.EMPTY_CONFIRMED,
            f"{held.rows} rows from the snapshot of {_utc(held.created)} ({source_words.version(report, held.report_id)}).",
            "Nothing to do.",
        )
    final = final_at(report, partition.day, partition.marketplace)
    if held.created >= final:
        if held.rows == 0:
            none = "Amazon's answer" if source_words.is_read(report) else "the finished report"
            why = "asked twice, cancelled twice" if held.confirmed_empty else f"{none} holds no rows of it"
            why = f"Amazon has no data for this {report.window.period}: {why}."
            return Truth(TruthState.EMPTY_CONFIRMED, why, "Nothing to do.")
        named = source_words.version(report, held.report_id)
        why = f"{held.rows} rows from {named}, made when Amazon no longer changes the {report.window.period}."
        return Truth(TruthState.FINAL, why, "Nothing to do.")
    until = f"Amazon may change the {report.window.period} until {_utc(final)}."
    reason = f"{held.rows} rows from {source_words.made(report, _utc(held.created))}; {until}"
    last = history[-1] if history else None
    if last is not None and (last.open or last.ready or last.unjudged):
        return Truth(TruthState.PROVISIONAL, reason, f"A newer version is on its way: {_progress(last, now)}", last.retry_at)
    if last is not None and last.status.finished and last.loaded_at is None:  # the last attempt to renew it brought nothing
        again = _after_failure(report, last, now)
        return Truth(
            TruthState.PROVISIONAL,
            f"{reason} {source_words.renewal_failed(report, str(last.status), str(last.verdict), str(last.reason))}",
            again.next_action,
            again.next_at,
            again.ask,
        )
    # A version asked for after an age was reached is on its way or was refused above; here the newest one counts.
    looked = max(held.created, _when(last) if last else _EPOCH)
    renewal = next((at for at in restated_at(report, partition.day, partition.marketplace) if at > looked), final)
    if now >= renewal:
        fix = source_words.renewed_next(report, young=_scheduled(report, partition, now))
        return Truth(TruthState.PROVISIONAL, reason, fix, now, ask=True)
    return Truth(TruthState.PROVISIONAL, reason, source_words.renewed_from(report, _utc(renewal)), renewal)


def _scheduled(report: Source, partition: Partition, now: datetime) -> bool:
    """Whether an API's schedule still looks at the day."""
    newest = due_range(report, today(report, partition.marketplace, now), date.min)[1]
    return partition.day >= newest - source_words.schedule_looks_back(report)


def _without_data(
    report: Source, partition: Partition, history: Sequence[ReportRecord], now: datetime, kept_up_from: date | None
) -> Truth:
    last = history[-1] if history else None
    if last is not None and last.open:
        return _opened(last, now)
    if last is not None and (last.ready or last.unjudged):
        if last.load_failures:
            return _not_loaded(last)
        return Truth(TruthState.REQUESTED, _progress(last, now), "The next sweep takes it up.")
    if not reachable(report, partition.day, now, partition.marketplace):
        return _gone(report, partition, last, now)
    due = due_at(report, partition.day, partition.marketplace)
    if report.window.kind is WindowKind.DAYS and now < due:
        why, then = source_words.not_published(report)
        return Truth(TruthState.NOT_PUBLISHED, why, f"{then} {_utc(due)}.", due)
    if last is None:
        return _never_asked(report, partition, now, kept_up_from)
    if last.status is ReportStatus.DONE or last.verdict is Verdict.EMPTY_CONFIRMED:
        named = source_words.version(report, last.report_id)
        return Truth(TruthState.MISSING, f"{named.capitalize()} was loaded without this dataset.", "Replay the archive.")
    return _after_failure(report, last, now)


def _never_asked(report: Source, partition: Partition, now: datetime, kept_up_from: date | None) -> Truth:
    """Who asks for it: the schedule, the sweep's daily look at older gaps, or nobody before a person decides what it may cost."""
    if source_words.is_read(report):
        if report.window.kind is WindowKind.SNAPSHOT and not scheduled_on(report, partition.day):
            return Truth(TruthState.NOT_DUE, *source_words.not_that_day(report), ask=True)
        young = _scheduled(report, partition, now)
        return Truth(TruthState.MISSING, *source_words.never_read(report, young=young), now if young else None, ask=True)
    why = f"The {report.window.period} is due and has not been asked for."
    if partition.day >= due_range(report, today(report, partition.marketplace, now), date.min)[0]:
        return Truth(TruthState.MISSING, why, "The next scheduled run asks for it.", now, ask=True)
    if kept_up_from is not None and partition.day >= kept_up_from:
        why = f"The {report.window.period} was left out by a standstill."
        return Truth(TruthState.MISSING, why, "The sweep asks for it within a day.", now, ask=True)
    fix = f"Back-fill it if it is wanted: materialize request/{report.name} for it; `spapi plan` shows the cost first."
    why = f"The {report.window.period} was never asked for and is older than the schedule looks."
    return Truth(TruthState.MISSING, why, fix, ask=True)


def _gone(report: Source, partition: Partition, last: ReportRecord | None, now: datetime) -> Truth:
    if report.window.kind is WindowKind.SNAPSHOT:
        if last is None and source_words.is_read(report) and not scheduled_on(report, partition.day):
            return Truth(TruthState.NOT_DUE, source_words.not_that_day(report)[0], "Nothing to do.")
        why = source_words.gone(report)
    elif partition.day > today(report, partition.marketplace, now):
        return Truth(TruthState.NOT_DUE, f"The {report.window.period} has not begun.", "Nothing to do.")
    else:
        why = source_words.gone(report)
    if last is not None:
        ended = "It could not be read" if source_words.is_read(report) else f"The last request ended {last.status}"
        why += f" {ended}: {last.reason or 'no reason known'}"
    return Truth(TruthState.UNAVAILABLE, why, "Nothing can be done.")


def _opened(record: ReportRecord, now: datetime) -> Truth:
    if record.status is ReportStatus.PLANNED:
        if record.verdict is Verdict.REAUTHORIZE:
            fix = "Authorize the application again; the request then continues by itself."
            return Truth(TruthState.DENIED, str(record.reason), fix, record.retry_at)
        if record.reason or (record.retry_at and record.retry_at > now):
            why = record.reason or "Waits for a cool-down."
            return Truth(TruthState.THROTTLED, why, "The sweep asks as soon as the quota allows.", record.retry_at)
        return Truth(TruthState.REQUESTED, "Planned; the next sweep asks Amazon.", "Nothing to do.")
    since = _looked(record)
    if now - since > STUCK:
        return Truth(
            TruthState.REQUESTED,
            f"Report {record.report_id} has been {record.status} for {(now - since).total_seconds() / 3600:.0f} h; "
            "one stuck report can hold up all of its type.",
            "Wait, or cancel it in Amazon's queue (only IN_QUEUE reports can be cancelled); after days, open a support case.",
        )
    return Truth(TruthState.REQUESTED, _progress(record, now), "Nothing to do: it is polled and Amazon notifies.")


def _progress(record: ReportRecord, now: datetime) -> str:
    if record.open:
        name = f"report {record.report_id}" if record.report_id else "the request"
        return f"{name} is {record.status} since {_utc(_looked(record))}."
    if record.unjudged:
        return f"Report {record.report_id} ended {record.status}; its reason is being read."
    return f"Report {record.report_id} is finished and waits to be loaded."


def _not_loaded(record: ReportRecord) -> Truth:
    why = f"The document could not be loaded: {record.reason}"
    return Truth(TruthState.FAILED, why, _again(record.retry_at), record.retry_at)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _again(at: datetime | None) -> str:
    return f"It is tried again from {_utc(at)}." if at else "It is not tried again by itself."


_STATES = {
    Verdict.EMPTY_SUSPECTED: TruthState.EMPTY_SUSPECTED,
    Verdict.THROTTLED: TruthState.THROTTLED,
    Verdict.NOT_PUBLISHED: TruthState.NOT_PUBLISHED,
    Verdict.MISSING_ROLE: TruthState.DENIED,
    Verdict.REAUTHORIZE: TruthState.DENIED,
}
_FIXES = {
    Verdict.CONFIGURATION: "Correct the report's registry entry (options, window), then ask again with force.",
    Verdict.MISSING_ROLE: "Have the role granted to the application and the account re-authorized, then ask again with force.",
    Verdict.EMPTY_SUSPECTED: "Compare with Seller or Vendor Central; if there should be data, ask again with force.",
    Verdict.AMAZON_FAULT: "Open a support case with Amazon naming the report id, then ask again with force.",
    Verdict.RETRYABLE: "All retries are used; look at the reason, then ask again with force.",
    Verdict.NOT_PUBLISHED: "Amazon did not publish it in all retries; look at the reason, then ask again with force.",
    Verdict.THROTTLED: "All retries are used; find the other application that asks for this report, then ask again with force.",
}


def _after_failure(report: Source, last: ReportRecord, now: datetime) -> Truth:
    """The last request brought nothing and its reason is known."""
    verdict = last.verdict or Verdict.RETRYABLE
    state = _STATES.get(verdict, TruthState.FAILED)
    reason = last.reason or f"Report {last.report_id} ended {last.status}."
    if verdict in PERMANENT or last.retry_at is None:
        fix = source_words.after_refusal(report, str(verdict))
        return Truth(state, reason, fix or _FIXES.get(verdict, "Look at the reason, then ask again with force."))
    if now < last.retry_at:
        return Truth(state, reason, _again(last.retry_at), last.retry_at)
    return Truth(state, reason, "The next sweep asks for it again.", now, ask=True)


def _harvested(
    report: Source, partition: Partition, history: Sequence[ReportRecord], facts: Sequence[PartitionFacts], now: datetime
) -> Truth:
    """What Amazon makes or tells by itself: most days have none, and that is no gap."""
    if isinstance(report, ApiSource):
        return _told(report, facts)
    if facts:
        names = ", ".join(f.report_id for f in facts)
        return Truth(TruthState.FINAL, f"{sum(f.rows for f in facts)} rows from report {names}.", "Nothing to do.")
    found = [r for r in history if r.end == partition.day and r.ready]
    if found:
        if found[-1].load_failures:
            return _not_loaded(found[-1])
        return Truth(TruthState.REQUESTED, _progress(found[-1], now), "The next sweep loads it.")
    if not reachable(report, partition.day, now, partition.marketplace):
        return Truth(
            TruthState.UNAVAILABLE,
            f"No report of this day was found, and Amazon keeps them for {report.window.lookback_days} days only.",
            "Nothing can be done.",
        )
    why = "Amazon has made no report that ends on this day; it cannot be requested."
    return Truth(TruthState.NOT_DUE, why, "The sweep looks for new ones.")


def _told(report: Source, facts: Sequence[PartitionFacts]) -> Truth:
    """Amazon's messages: they come when something happens, and nobody can ask for them."""
    if not facts:
        return Truth(TruthState.NOT_DUE, f"No message {report.report_type} about this day has come.", "Nothing to do.")
    newest = max(facts, key=lambda f: f.created_at)
    of = "one document" if len(facts) == 1 else f"{len(facts)} documents"
    why = f"{sum(f.rows for f in facts)} rows from {of} of messages {report.report_type}, the last of {_utc(newest.created_at)}."
    return Truth(TruthState.FINAL, why, "Nothing to do: what comes later is added.")
