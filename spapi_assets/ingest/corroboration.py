"""Evidence about a report that brought nothing, and the verdict: asked too soon, contradicted, or really without data.
Nothing is written here; retries and the ledger are `outcomes.py`, reason documents are `reason_documents.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.model import Report, Scope
from spapi_assets.ingest.adoption import adopt
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.fanout import part_of
from spapi_assets.ingest.windows import DAY
from spapi_assets.spapi.marketplaces import MARKETPLACES

NEIGHBOURS = 7  # windows on each side that bear witness
WITNESSES = 3  # so many loaded neighbour days, all with rows ...
BELIEVABLE = 5.0  # ... and so many rows on average: by chance, fewer than one such day in a hundred has none (e**-5)
CONTRADICTED = 3  # so often cancelled although there is data: more requests do not help
_WIDE = timedelta(days=400)
_LISTED = timedelta(days=89)  # getReports reaches 90 days back


@dataclass(frozen=True)
class Evidence:
    """What is known besides Amazon's one word. Texts are parts of sentences; None: nothing of the kind."""

    held: int = 0  # rows of these very days that an earlier report brought
    too_soon: str | None = None  # the report made within the cool-down, and by whom
    sibling: str | None = None  # a report of the same events that has rows for these days
    neighbours: tuple[int, ...] = ()  # rows of loaded days around
    before: str | None = None  # the report that ended the same way before, outside the cool-down
    contradicted: int = 0  # requests for these days in a row that were called too soon before, this one not counted


def decide(evidence: Evidence, word: str = "CANCELLED") -> tuple[Verdict, str]:
    """What no data means: Amazon uses one word for no data, asked too soon, and cancelled by somebody. Pure."""
    e = evidence
    if e.too_soon:
        return Verdict.THROTTLED, f"{word} within the cool-down: {e.too_soon}"
    doubt = f"{e.held} rows of these days are loaded" if e.held else e.sibling
    if doubt and e.contradicted >= CONTRADICTED:
        return Verdict.AMAZON_FAULT, f"{word} {e.contradicted + 1} times although {doubt}: asking again does not help."
    if doubt:
        return Verdict.THROTTLED, f"{word} although {doubt}: asked too soon, or cancelled by another application."
    if e.before is None:
        return Verdict.EMPTY_SUSPECTED, f"{word}: probably there is no data. It is asked once more to be certain."
    n = len(e.neighbours)
    if n >= WITNESSES and all(e.neighbours) and sum(e.neighbours) / n >= BELIEVABLE:
        return Verdict.EMPTY_SUSPECTED, (
            f"{word} twice, but all {n} loaded days around it have rows, {sum(e.neighbours) / n:.0f} on average: this is not "
            "believed to be empty."
        )
    return Verdict.EMPTY_CONFIRMED, (
        f"{word} twice (before: report {e.before}), outside any cool-down; the days around do not contradict."
    )


def gather(ctx: IngestContext, report: Report, record: ReportRecord, history: Sequence[ReportRecord]) -> Evidence:
    """The evidence about a report without a document. `history`: the requests that fill the same part of these days.

    Cost: a window without data takes one createReport more than one with data; a type with a cool-down takes one getReports an
    answer besides, unless the ledger knows who asked. Neighbours and siblings are read from the ledger and never asked for. A
    report that another application made meanwhile is adopted where it means the same. Raises SpApiError when the list of reports
    is needed and cannot be had now.
    """
    part = part_of(report, record.options)
    reach = NEIGHBOURS * max(timedelta(days=1), record.end - record.start + DAY if report.window.period != "day" else DAY)
    facts = ctx.ledger.partitions(report.datasets[0].name, record.account_key, record.start - reach, record.end + reach)
    mine = [f for f in facts if f.part == part and f.day is not None]
    ended = [r for r in history if r.request_id != record.request_id and r.covers(record.start) and r.covers(record.end)]
    empty = [r for r in ended if r.verdict in (Verdict.EMPTY_SUSPECTED, Verdict.EMPTY_CONFIRMED) and _apart(report, r, record)]
    return Evidence(
        held=sum(f.rows for f in mine if f.day is not None and record.covers(f.day)),
        too_soon=asked_too_soon(ctx, report, record),
        sibling=_sibling(ctx, report, record),
        neighbours=tuple(f.rows for f in mine if f.day is not None and not record.covers(f.day)),
        before=empty[-1].report_id if empty else None,
        contradicted=_contradicted(ended),
    )


def _contradicted(ended: Sequence[ReportRecord]) -> int:
    count = 0
    for other in ended:
        if other.status is ReportStatus.DONE:
            count = 0
        elif other.verdict is Verdict.THROTTLED:
            count += 1
    return count


def _apart(report: Report, other: ReportRecord, record: ReportRecord) -> bool:
    """The two were made further apart than the cool-down, so the later is no echo of the earlier."""
    made, cool_down = record.created_at or record.requested_at, timedelta(minutes=report.window.cool_down_minutes)
    return made is None or other.created_at is None or other.created_at + cool_down <= made


def asked_too_soon(ctx: IngestContext, report: Report, record: ReportRecord) -> str | None:
    """Who had Amazon make a report of this type within the cool-down: ourselves by the ledger, others by one getReports."""
    made, cool_down = record.created_at or record.requested_at, timedelta(minutes=report.window.cool_down_minutes)
    if not cool_down or made is None:
        return None
    for sibling in ctx.registry.by_type(report.report_type):
        for other in ctx.ledger.records(sibling.name, record.account_key, record.start - _WIDE, record.end + _WIDE):
            if other.report_id is None or other.request_id == record.request_id or other.created_at is None:
                continue
            if made - cool_down < other.created_at <= made:
                return f"report {other.report_id} was made less than {report.window.cool_down_minutes} min before."
    return _asked_by_others(ctx, report, record)


def _asked_by_others(ctx: IngestContext, report: Report, record: ReportRecord) -> str | None:
    made = record.created_at or record.requested_at
    if made is None or ctx.now() - made > _LISTED:
        return None
    place = MARKETPLACES[record.marketplace].id if record.marketplace else None
    since = made - timedelta(minutes=report.window.cool_down_minutes)
    reports = ctx.apis(record.account).reports
    listed = list(reports.get_reports([report.report_type], created_since=since, created_until=made, max_wait=2.0))
    ctx.ledger.spent(record, "getReports")
    for info in listed:
        if info.report_id == record.report_id or not since < info.created <= made:
            continue
        if (place and place not in info.marketplace_ids) or ctx.ledger.by_report_id(record.account, info.report_id) is not None:
            continue
        adopted = adopt(ctx, record.account, info, "sweep")
        told = f"report {info.report_id} was made by another application or Seller Central at {info.created:%H:%M} UTC"
        return f"{told} and is adopted." if adopted is not None else f"{told}."
    return None


def _sibling(ctx: IngestContext, report: Report, record: ReportRecord) -> str | None:
    """A sibling report with rows for these days. Where its days are cut by another clock, the days beside must have rows too."""
    part = part_of(report, record.options)
    for name in report.siblings:
        other = ctx.registry.reports.get(name)
        if other is None or other.fan_out != report.fan_out:  # rows of all parts say nothing about one of them
            continue
        keys = _keys(ctx, record, other)
        pad = timedelta() if (other.window.time_zone, other.scope) == (report.window.time_zone, report.scope) else DAY
        first, last = record.start - pad, record.end + pad
        rows: dict[date | None, int] = {}
        for fact in (f for key in keys for f in ctx.ledger.partitions(other.datasets[0].name, key, first, last)):
            if fact.part == part:
                rows[fact.day] = rows.get(fact.day, 0) + fact.rows
        days = [first + n * DAY for n in range((last - first).days + 1)]
        if sum(rows.values()) and (not pad or all(rows.get(day) for day in days)):
            return f"{other.name} has {sum(rows.values())} rows of these days"
    return None


def _keys(ctx: IngestContext, record: ReportRecord, other: Report) -> list[str]:
    """The sibling's account keys whose rows must be in a document of this record too."""
    account = ctx.settings.account(record.account)
    if other.scope is Scope.MARKETPLACE:
        return [record.account_key] if record.marketplace else [f"{account.name}.{m}" for m in account.marketplaces]
    if record.marketplace and len(account.marketplaces) > 1:
        return []  # they may be of another marketplace
    return [account.name]
