"""Requests whose answer comes in pages (Data Kiosk): a record a page, and all of them told as the one request they are.
Pure; the writes are `ledger.py`, asking for the next page is `ingest/data_kiosk/pages.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus


def head_id(record: ReportRecord) -> str:
    """The request id of the first page: the request itself."""
    return record.request_id.rpartition(".")[0] if record.page > 1 else record.request_id


def next_page(last: ReportRecord, now: datetime) -> ReportRecord:
    """The PLANNED request of the page after this finished one. Its id is certain, so that it can be planned once only."""
    assert last.next_token is not None
    page = last.page + 1
    return ReportRecord(
        account=last.account,
        report=last.report,
        report_type=last.report_type,
        marketplace=last.marketplace,
        start=last.start,
        end=last.end,
        options=last.options,
        request_id=f"{head_id(last)}.{page:04d}",
        attempt=last.attempt,
        page=page,
        token=last.next_token,
        priority=last.priority,
        requested_at=now,
    )


def complete(pages: Sequence[ReportRecord]) -> bool:
    """All pages are there: each is DONE, and the last one names no other. `pages` in their order, the first one first."""
    return all(p.status is ReportStatus.DONE for p in pages) and pages[-1].next_token is None


def told_whole(records: Iterable[ReportRecord]) -> list[ReportRecord]:
    """The requests among these records, each as it stands with all its pages.

    A request whose pages are all there is its first page's record, which says also whether it is loaded. Before that it is as
    its newest page is: waiting, refused, failed. Between two pages it is under way.
    """
    found = list(records)
    further: dict[str, list[ReportRecord]] = defaultdict(list)
    for record in found:
        if record.page > 1:
            further[head_id(record)].append(record)
    told = []
    for head in found:
        if head.page > 1:
            continue
        if head.status is not ReportStatus.DONE or head.next_token is None or head.loaded_at is not None:
            told.append(head)
            continue
        newest = max(further[head.request_id], key=lambda r: r.page, default=head)
        if newest.status is not ReportStatus.DONE:
            told.append(newest)
        elif newest.next_token is not None:
            why = f"Page {newest.page} is here; page {newest.page + 1} is asked for next."
            told.append(replace(newest, status=ReportStatus.IN_PROGRESS, reason=why))
        else:
            told.append(head)
    return told
