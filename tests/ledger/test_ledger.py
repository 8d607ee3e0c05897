"""The report ledger: each transition is conditional, repeatable and never goes backwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from spapi_assets.aws.ledger import Ledger, LedgerError, PartitionFacts, ReportRecord, ReportStatus, Verdict
from spapi_assets.lake.layout import Partition

MONDAY = date(2026, 2, 2)


def orders(start: date = MONDAY, end: date = MONDAY, **changes) -> ReportRecord:
    record = ReportRecord("kestrel", "orders", "GET_ORDERS", None, start, end)
    return replace(record, **changes, request_id="") if changes else record


def info(report_id: str, status: str, document: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(report_id=report_id, status=status, document_id=document, created=None, processing_end=None)


def in_queue(ledger: Ledger, record: ReportRecord, report_id: str = "1") -> ReportRecord:
    assert ledger.plan(record)
    intent = ledger.creating(record)
    assert intent is not None
    return ledger.created(intent, report_id)


def load_result(**rows: int) -> SimpleNamespace:
    datasets = {name: SimpleNamespace(rows_out=n, quarantined=0) for name, n in rows.items()}
    return SimpleNamespace(archive_uri="file:///a", sha256="s", datasets=datasets)


def test_a_record_survives_the_ledger_unchanged(ledger: Ledger) -> None:
    record = orders(options={"b": "2", "a": "1"}, priority="backfill", requested_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert ledger.plan(record)
    assert ledger.get(record.request_id) == record


def test_the_same_window_cannot_be_planned_twice(ledger: Ledger) -> None:
    assert ledger.plan(orders())
    assert not ledger.plan(orders())


def test_a_second_attempt_needs_the_first_to_be_over(ledger: Ledger) -> None:
    in_queue(ledger, orders())
    assert not ledger.plan(orders(attempt=2))
    ledger.outcome("kestrel", info("1", "FATAL"), "poll")
    assert ledger.plan(orders(attempt=2))


def test_of_two_overlapping_plans_made_at_the_same_time_one_wins(ledger: Ledger) -> None:
    seen = ledger.version("orders", "kestrel")
    assert ledger.plan(orders(MONDAY, MONDAY + timedelta(days=9)), seen=seen)
    assert not ledger.plan(orders(MONDAY + timedelta(days=5)), seen=seen)
    assert ledger.plan(orders(MONDAY + timedelta(days=20)), seen=ledger.version("orders", "kestrel"))


def test_more_requests_than_a_transaction_holds_are_planned_in_order(ledger: Ledger) -> None:
    records = [orders(MONDAY + timedelta(days=n), MONDAY + timedelta(days=n)) for n in range(130)]
    assert ledger.plan(*records, seen=0)
    assert len(ledger.records("orders", "kestrel", MONDAY, MONDAY + timedelta(days=200))) == 130


def test_the_requests_of_one_window_are_planned_together_or_not_at_all(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    week = MONDAY + timedelta(days=7)
    first = [orders(options={"asin": f"A{n}"}) for n in range(30)]
    second = [orders(week, week, options={"asin": f"A{n}"}) for n in range(30)]
    transact, written = ledger.table.transact, []

    def dies(actions) -> bool:
        if written:
            raise KeyboardInterrupt
        written.append(actions)
        return transact(actions)

    monkeypatch.setattr(ledger.table, "transact", dies)
    with pytest.raises(KeyboardInterrupt):
        ledger.plan(*first, *second)
    assert len(ledger.records("orders", "kestrel", MONDAY, MONDAY)) == 30
    assert ledger.records("orders", "kestrel", week, week) == []


def test_only_one_process_announces_the_call(ledger: Ledger) -> None:
    ledger.plan(orders())
    assert ledger.creating(orders()) is not None
    assert ledger.creating(orders()) is None


def test_a_finished_record_never_moves_again(ledger: Ledger) -> None:
    in_queue(ledger, orders())
    done = ledger.outcome("kestrel", info("1", "DONE", "doc"), "notification")
    for status in ("IN_QUEUE", "IN_PROGRESS", "FATAL", "CANCELLED", "DONE"):
        assert ledger.outcome("kestrel", info("1", status), "poll") == done
    assert ledger.get(orders().request_id).document_id == "doc"


def test_an_unknown_report_id_is_nobodys(ledger: Ledger) -> None:
    assert ledger.outcome("kestrel", info("999", "DONE"), "notification") is None


def test_report_ids_are_unique_with_their_account_only(ledger: Ledger) -> None:
    in_queue(ledger, orders())
    other = replace(orders(), account="merlin", request_id="")
    in_queue(ledger, other, "1")
    ledger.outcome("merlin", info("1", "DONE", "d"), "poll")
    assert ledger.by_report_id("kestrel", "1").status is ReportStatus.IN_QUEUE


def test_the_index_lists_open_and_ready_records_and_forgets_loaded_ones(ledger: Ledger) -> None:
    ledger.plan(orders(MONDAY - timedelta(days=9), MONDAY - timedelta(days=9)))
    record = in_queue(ledger, orders())
    assert {r.status for r in ledger.open_records()} == {ReportStatus.PLANNED, ReportStatus.IN_QUEUE}
    ledger.outcome("kestrel", info("1", "DONE", "doc"), "poll")
    assert [r.report_id for r in ledger.done_not_loaded()] == ["1"]
    ledger.loaded(record, load_result(orders=7))
    assert ledger.done_not_loaded() == []
    loaded = ledger.get(record.request_id)
    assert (loaded.rows, loaded.status, loaded.document_id) == ({"orders": 7}, ReportStatus.DONE, "doc")


def test_a_cancelled_report_waits_for_its_verdict_and_keeps_the_first(ledger: Ledger) -> None:
    record = in_queue(ledger, orders())
    record = ledger.outcome("kestrel", info("1", "CANCELLED"), "poll")
    assert [r.report_id for r in ledger.unjudged()] == ["1"]
    ledger.judged(record, Verdict.EMPTY_CONFIRMED, "no data")
    assert ledger.judged(record, Verdict.THROTTLED, "later").verdict is Verdict.EMPTY_CONFIRMED
    assert ledger.unjudged() == []
    assert [r.report_id for r in ledger.done_not_loaded()] == ["1"]  # its schema-only files are still to be written


def test_going_back_to_planned_needs_the_very_intent(ledger: Ledger, clock) -> None:
    ledger.plan(orders())
    old = ledger.creating(orders())
    clock.forward(minutes=10)
    assert ledger.replan(old, "not found")
    new = ledger.creating(ledger.get(orders().request_id))
    assert not ledger.replan(old, "late")
    assert ledger.get(orders().request_id).intent_at == new.intent_at


def test_created_may_be_told_twice_but_not_with_another_report(ledger: Ledger) -> None:
    ledger.plan(orders())
    intent = ledger.creating(orders())
    ledger.created(intent, "1")
    assert ledger.created(intent, "1").report_id == "1"
    with pytest.raises(LedgerError, match="2"):
        ledger.created(intent, "2")


def test_adopting_a_report_twice_gives_the_same_record(ledger: Ledger) -> None:
    foreign = orders(status=ReportStatus.DONE, report_id="77", document_id="d", created_at=datetime(2026, 2, 3, tzinfo=UTC))
    first = ledger.adopt(foreign)
    assert ledger.adopt(foreign).request_id == first.request_id
    assert first.adopted
    assert len(ledger.done_not_loaded()) == 1


def facts(created: datetime, rows: int, report_id: str) -> PartitionFacts:
    return PartitionFacts(rows, report_id, "r", f"sha{report_id}", created, created + timedelta(hours=1))


def test_the_newest_report_wins_a_partition_whatever_the_order(ledger: Ledger) -> None:
    day = Partition("kestrel", None, MONDAY)
    old, new = datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 2, 9, tzinfo=UTC)
    assert ledger.put_partition("orders", day, facts(new, 12, "2"))
    assert not ledger.put_partition("orders", day, facts(old, 10, "1"))
    assert [f.rows for f in ledger.partitions("orders", "kestrel", MONDAY, MONDAY)] == [12]


def test_a_restated_partition_remembers_what_it_held(ledger: Ledger) -> None:
    day = Partition("kestrel", "DE", MONDAY)
    for n, rows in ((1, 10), (2, 12), (2, 12)):  # the second report is loaded twice
        ledger.put_partition("traffic", day, facts(datetime(2026, 2, 2 + n, tzinfo=UTC), rows, str(n)))
    (found,) = ledger.partitions("traffic", "kestrel.DE", MONDAY, MONDAY)
    assert (found.rows, found.restated) == (12, True)
    assert [(v["rows"], v["report_id"]) for v in found.versions] == [(10, "1")]


def test_records_are_found_by_any_day_of_their_window(ledger: Ledger) -> None:
    ledger.plan(orders(MONDAY, MONDAY + timedelta(days=29)))
    inside = MONDAY + timedelta(days=15)
    assert len(ledger.records("orders", "kestrel", inside, inside)) == 1
    after = MONDAY + timedelta(days=30)
    assert ledger.records("orders", "kestrel", after, after + timedelta(days=9)) == []


def test_a_lease_is_exclusive_until_it_expires_or_is_released(ledger: Ledger, clock) -> None:
    assert ledger.lease("load", "a", 60)
    assert not ledger.lease("load", "b", 60)
    assert ledger.lease("load", "a", 60)
    clock.forward(seconds=61)
    assert ledger.lease("load", "b", 60)
    ledger.release("load", "a")  # not the owner any more: no effect
    assert not ledger.lease("load", "a", 60)
    ledger.release("load", "b")
    assert ledger.lease("load", "a", 60)
