"""What reports that brought nothing mean: CANCELLED is corroborated, FATAL is read, and nothing is asked for ever."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from spapi_assets.aws.ledger import ReportStatus, Verdict
from spapi_assets.datasets.model import WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.outcomes import RETRIES, record_outcome
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.ingest.truth import TruthState
from spapi_assets.ingest.windows import to_instants
from spapi_assets.lake.layout import Partition
from spapi_assets.spapi.errors import NotFound, ReauthorizationNeeded
from tests.flow.amazon import Amazon, Clock
from tests.flow.outcome_steps import DE, UK, at, end, held, request, state


def test_cancelled_once_is_only_suspected_and_asked_again_later(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    first = end(ctx, amazon, clock, "CANCELLED", request(ctx))
    assert first.verdict is Verdict.EMPTY_SUSPECTED
    assert request(ctx) is None  # not before its time
    assert state(ctx, at(5)).state is TruthState.EMPTY_SUSPECTED
    clock.forward(hours=2)
    assert request(ctx) is not None


def test_cancelled_twice_is_confirmed_empty_and_loaded_as_such(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    end(ctx, amazon, clock, "CANCELLED", request(ctx))
    clock.forward(hours=2)
    second = end(ctx, amazon, clock, "CANCELLED", request(ctx))
    assert second.verdict is Verdict.EMPTY_CONFIRMED
    assert second.ready
    clock.forward(hours=2)
    assert request(ctx) is None


def test_cancelled_between_days_with_rows_is_not_believed(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    for n in (3, 4, 6, 7):
        held(ctx, at(n), 40)
    end(ctx, amazon, clock, "CANCELLED", request(ctx))
    clock.forward(hours=2)
    second = end(ctx, amazon, clock, "CANCELLED", request(ctx))
    assert second.verdict is Verdict.EMPTY_SUSPECTED
    clock.forward(days=3)
    assert request(ctx) is None  # one retry, no more
    assert state(ctx, at(5)).next_at is None


def test_cancelled_days_that_are_loaded_were_asked_too_soon(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    held(ctx, at(5), 40)
    record = end(ctx, amazon, clock, "CANCELLED", request(ctx))
    assert record.verdict is Verdict.THROTTLED
    assert state(ctx, at(5)).state is TruthState.PROVISIONAL


def test_cancelled_within_the_cool_down_is_throttled(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    first = request(ctx, "fba_inventory", at(0))
    end(ctx, amazon, clock, "DONE", first)
    made = ctx.ledger.get(first.request_id).created_at
    assert made is not None
    second = replace(first, attempt=2, request_id="", status=ReportStatus.PLANNED, report_id=None, quota={})
    assert ctx.ledger.plan(second)
    info = amazon.add("kestrel_eu", second.report_type, [DE], created=made + timedelta(minutes=5))
    ctx.ledger.created(ctx.ledger.creating(second), info.report_id, info.created)
    clock.forward(minutes=10)
    judged = end(ctx, amazon, clock, "CANCELLED", ctx.ledger.get(second.request_id))
    assert judged.verdict is Verdict.THROTTLED
    assert "cool-down" in judged.reason


def test_a_fatal_report_is_read_kept_classified_and_shown(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    body = json.dumps({"errorDetails": "The report data for the requested date range is not yet available."}).encode()
    record = end(ctx, amazon, clock, "FATAL", request(ctx), body)
    assert record.verdict is Verdict.NOT_PUBLISHED
    assert ctx.lake.read_bytes(record.reason_uri.removeprefix(f"{ctx.lake.root_uri}/")) == body
    found = state(ctx, at(5))
    assert (found.state, found.next_at) == (TruthState.NOT_PUBLISHED, record.retry_at)
    assert "not yet available" in found.reason
    assert record.quota == {"createReport": 1, "getReportDocument": 1}


def test_a_configuration_error_is_never_repeated(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    end(ctx, amazon, clock, "FATAL", request(ctx), b"Date range exceeded")
    for _ in range(5):
        clock.forward(days=1)
        assert request(ctx) is None


def test_failures_without_a_reason_are_retried_ever_later_and_then_no_more(
    ctx: IngestContext, amazon: Amazon, clock: Clock
) -> None:
    waits: list[timedelta] = []
    for _ in range(RETRIES[Verdict.RETRYABLE].times + 1):
        record = request(ctx)
        assert record is not None
        record = end(ctx, amazon, clock, "FATAL", record)
        if record.retry_at is not None:
            waits.append(record.retry_at - ctx.now())
            clock.now = record.retry_at
    assert len(waits) == RETRIES[Verdict.RETRYABLE].times
    assert waits == sorted(waits)
    assert record.verdict is Verdict.AMAZON_FAULT
    clock.forward(days=30)
    assert request(ctx) is None


def foreign(ctx: IngestContext, amazon: Amazon, name: str, start: date, last: date, ids: list[str], **facts):
    report = ctx.registry.reports[name]
    first, until = to_instants(report, start, last, None)
    made = {"status": "DONE", "document_id": "d", "start": first, "end": until, "created": ctx.now(), **facts}
    return amazon.add("kestrel_eu", report.report_type, ids, **made)


def test_a_finished_report_of_others_is_adopted_and_saves_the_request(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    info = foreign(ctx, amazon, "orders_by_last_update", at(9).day, at(5).day, [DE, UK])
    swept = sweep(ctx, 30)
    assert [r.report_id for r in swept.adopted] == [info.report_id]
    assert sweep(ctx, 30).adopted == []
    made = ask(
        ctx, ctx.registry.reports["orders_by_last_update"], [at(n, None) for n in range(5, 10)], deadline=ctx.monotonic() + 1
    )
    assert made.created == []


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("some of the marketplaces", {"marketplaces": [DE]}),
        ("part of a day", {"end": datetime(2026, 3, 15, 13, tzinfo=UTC)}),
        ("made before the day was published", {"created": datetime(2026, 3, 15, 20, tzinfo=UTC)}),
        ("not finished", {"status": "IN_PROGRESS", "document_id": None}),
    ],
)
def test_a_report_of_others_whose_meaning_is_not_certain_is_left_alone(
    ctx: IngestContext, amazon: Amazon, what: str, change: dict
) -> None:
    ids = change.pop("marketplaces", [DE, UK])
    info = foreign(ctx, amazon, "orders_by_last_update", at(9).day, at(5).day, ids, **change)
    assert record_outcome(ctx, "kestrel_eu", info, "sweep") is None, what


def test_reports_with_options_are_never_adopted(ctx: IngestContext, amazon: Amazon) -> None:
    info = foreign(ctx, amazon, "sales_and_traffic", at(5).day, at(5).day, [DE])
    assert record_outcome(ctx, "kestrel_eu", info, "sweep") is None


def test_a_foreign_report_fills_a_request_that_still_waits(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    amazon.tokens = 0
    request(ctx, "orders_by_last_update", at(5, None))
    clock.forward(minutes=5)
    foreign(ctx, amazon, "orders_by_last_update", at(5).day, at(5).day, [DE, UK])
    swept = sweep(ctx, 30)
    amazon.tokens = None
    clock.forward(minutes=5)
    sweep(ctx, 30)
    (record,) = ctx.ledger.records("orders_by_last_update", "kestrel_eu", at(5).day, at(5).day)
    assert record.status is ReportStatus.DONE
    assert record.quota == {}
    assert swept.problems == []
    assert amazon.calls["createReport"] == 0


def test_a_snapshot_others_made_is_of_the_day_it_was_made(ctx: IngestContext, amazon: Amazon) -> None:
    report = ctx.registry.reports["fba_inventory"]
    assert report.window.kind is WindowKind.SNAPSHOT
    amazon.add(
        "kestrel_eu", report.report_type, [DE], status="DONE", document_id="d", created=datetime(2026, 3, 18, 9, tzinfo=UTC)
    )
    (record,) = sweep(ctx, 30).adopted
    assert (record.marketplace, record.start, record.end) == ("DE", date(2026, 3, 18), date(2026, 3, 18))


def test_reports_of_others_are_listed_rarely(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    sweep(ctx, 30)
    first = amazon.calls["getReports"]
    sweep(ctx, 30)
    assert amazon.calls["getReports"] == first
    clock.forward(seconds=ctx.times.list_every + 1)
    sweep(ctx, 30)
    assert amazon.calls["getReports"] == first + 1  # only what is new since


def test_polling_slows_down(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    request(ctx)
    for _ in range(40):  # an hour of sweeps
        clock.forward(seconds=90)
        sweep(ctx, 30)
    assert 10 <= amazon.calls["getReport"] <= 16


def test_a_report_amazon_no_longer_knows_is_asked_again(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    record = request(ctx)
    del amazon.reports[record.report_id]
    clock.forward(hours=2)
    sweep(ctx, 30)
    assert ctx.ledger.get(record.request_id).verdict is Verdict.RETRYABLE


def test_a_sweep_keeps_its_time_budget(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    for n in range(3, 23):
        request(ctx, partition=at(n))
    clock.forward(seconds=30)
    original = amazon.fail

    def slow(operation: str) -> None:
        clock.forward(seconds=2)
        original(operation)

    amazon.fail = slow  # type: ignore[method-assign]
    before = clock.monotonic()
    assert sweep(ctx, 10).polled <= 6
    assert clock.monotonic() - before < 13


def test_a_lost_authorization_while_polling_is_one_sentence(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    for n in (3, 4, 5):
        request(ctx, partition=at(n))
    clock.forward(seconds=30)
    amazon.faults["getReport"] = [ReauthorizationNeeded("The refresh token is revoked.")]
    swept = sweep(ctx, 30)
    assert len(swept.problems) == 1
    assert swept.polled == 0


def test_a_notification_of_a_strangers_report_changes_nothing(ctx: IngestContext, amazon: Amazon) -> None:
    from spapi_assets.ingest.notifications.facts import ReportFinished

    for kind in ("GET_SELLER_FEEDBACK_DATA", "GET_SALES_AND_TRAFFIC_REPORT"):
        told = ReportFinished("A3KESTREL0EU0", None, "5", kind, "DONE", "d")
        assert record_outcome(ctx, "kestrel_eu", told, "notification") is None
    assert amazon.calls["getReport"] == 0
    settlement = ReportFinished("A3KESTREL0EU0", None, "5", "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", "DONE", "d")
    amazon.faults["getReport"] = [NotFound("gone")]
    assert record_outcome(ctx, "kestrel_eu", settlement, "notification") is None


def test_a_reason_that_says_too_often_teaches_the_types_limit_a_day(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    report, last = ctx.registry.reports["sales_and_traffic"], clock.now.date() - timedelta(days=3)
    days = [Partition("kestrel_eu", "DE", last - timedelta(days=n)) for n in range(4)]
    made = ask(ctx, report, days, deadline=ctx.monotonic() + 60).created
    amazon.finish(str(made[-1].report_id), "FATAL", b'{"errorDetails": "You exceeded your quota for the requested resource."}')
    clock.forward(minutes=5)
    sweep(ctx, 60)
    assert ctx.ledger.get(made[-1].request_id).verdict is Verdict.THROTTLED
    older = [Partition("kestrel_eu", "DE", last - timedelta(days=n)) for n in range(4, 9)]
    later = ask(ctx, report, older, deadline=ctx.monotonic() + 60)
    assert later.created == []  # three were made in the last day, and three is what Amazon makes
    assert len(later.waiting) == 5
