"""Answers in pages: each planned once, all of them one request, and nothing loaded before the last one is there."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from spapi_assets.aws.ledger import Ledger, ReportRecord, ReportStatus, Verdict
from spapi_assets.aws.ledger_pages import complete, head_id, told_whole
from tests.ledger.test_ledger import MONDAY, in_queue, load_result, orders


def done(report_id: str, token: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(
        report_id=report_id, status="DONE", document_id=f"d{report_id}", created=None, processing_end=None, next_token=token
    )


def page(ledger: Ledger, number: int, token: str | None) -> ReportRecord:
    """The next page, asked for and finished."""
    (last,) = ledger.unfinished_pages()
    planned = ledger.plan_page(last)
    assert planned is not None
    intent = ledger.creating(planned)
    assert intent is not None
    ledger.created(intent, str(number), operation="createQuery")
    found = ledger.outcome("kestrel", done(str(number), token), "poll")
    assert found is not None
    return found


def whole(ledger: Ledger) -> list[ReportRecord]:
    return ledger.records("orders", "kestrel", MONDAY, MONDAY)


def test_a_page_is_planned_once_with_the_token_of_the_one_before(ledger: Ledger) -> None:
    in_queue(ledger, orders(priority="backfill", options={"a": "1"}))
    ledger.outcome("kestrel", done("1", "t2"), "poll")
    (last,) = ledger.unfinished_pages()
    planned = ledger.plan_page(last)
    assert planned is not None
    assert (planned.page, planned.token, planned.priority, planned.options) == (2, "t2", "backfill", {"a": "1"})
    assert ledger.plan_page(last) is None
    assert ledger.get(planned.request_id) == planned
    assert [r.request_id for r in ledger.open_records()] == [planned.request_id]
    assert ledger.unfinished_pages() == []


def test_pages_are_one_request_that_stands_as_its_newest_page_does(ledger: Ledger) -> None:
    head = in_queue(ledger, orders())
    ledger.outcome("kestrel", done("1", "t2"), "poll")
    (between,) = whole(ledger)
    assert (between.status, between.open, between.ready) == (ReportStatus.IN_PROGRESS, True, False)
    assert ledger.done_not_loaded() == []
    second = page(ledger, 2, "t3")
    assert (second.page, second.quota) == (2, {"createQuery": 1})
    third = page(ledger, 3, None)
    (ready,) = whole(ledger)
    assert (ready.request_id, ready.ready) == (head.request_id, True)
    assert [r.request_id for r in ledger.done_not_loaded()] == [head.request_id]
    assert complete(ledger.pages(ready))
    assert [p.page for p in ledger.pages(ready)] == [1, 2, 3]
    assert {head_id(p) for p in ledger.pages(ready)} == {head.request_id}
    later = [ledger.loaded(p, load_result(orders=n)) for p, n in ((second, 20), (third, 3))]
    ledger.loaded(ready, load_result(orders=100), later)
    (loaded,) = whole(ledger)
    assert (loaded.rows, loaded.pending) == ({"orders": 123}, False)
    assert ledger.done_not_loaded() == []


def test_a_page_that_failed_is_the_request_that_failed_and_is_looked_at_no_more(ledger: Ledger) -> None:
    in_queue(ledger, orders())
    ledger.outcome("kestrel", done("1", "t2"), "poll")
    (last,) = ledger.unfinished_pages()
    planned = ledger.plan_page(last)
    assert planned is not None
    intent = ledger.creating(planned)
    assert intent is not None
    again = ledger.now()
    assert ledger.refuse(intent, Verdict.RETRYABLE, "The token is too old.", again)
    (failed,) = whole(ledger)
    assert (failed.status, failed.reason, failed.retry_at) == (ReportStatus.FATAL, "The token is too old.", again)
    assert [r.request_id for r in ledger.retries_due(5)] == [planned.request_id]
    assert ledger.unfinished_pages() == []
    assert list(ledger.table.index("READY")) == []
    # Made anew from its first page: the old pages are not the new request's.
    assert ledger.plan(replace(orders(), attempt=2, request_id=""))
    assert [r.attempt for r in whole(ledger)] == [1, 2]
    assert [r.status for r in whole(ledger)] == [ReportStatus.FATAL, ReportStatus.PLANNED]


def test_requests_without_pages_are_told_as_they_are(ledger: Ledger) -> None:
    plain = [orders(), orders(attempt=2), orders(status=ReportStatus.DONE, report_id="9")]
    assert told_whole(plain) == plain
