"""What nobody has to start: retries at their time, gaps of a standstill. And what nobody starts by itself: a back-fill."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from spapi_assets.aws.ledger import ReportRecord, ReportStatus, Verdict
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.coverage import coverage
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.ingest.truth import TruthState
from spapi_assets.lake.layout import Partition
from spapi_assets.spapi.errors import Throttled
from tests.flow.amazon import Amazon, Clock

ORDERS, TRAFFIC = "orders_by_last_update", "sales_and_traffic"
BODY = b"amazon-order-id\tlast-updated-date\r\nA\t2026-03-02T10:00:00+00:00\r\n"


def back(ctx: IngestContext, first: int, last: int | None = None, key: str = "kestrel_eu") -> list[Partition]:
    """Days so many days before today, oldest first."""
    today = ctx.now().date()
    return [Partition.of(key, today - timedelta(days=n)) for n in range(first, (first if last is None else last) - 1, -1)]


def request(ctx: IngestContext, days: list[Partition], name: str = ORDERS, priority: str | None = None) -> list[ReportRecord]:
    return ask(ctx, ctx.registry.reports[name], days, deadline=ctx.monotonic() + 1, priority=priority).created


def requests(ctx: IngestContext, name: str = ORDERS, key: str = "kestrel_eu") -> list[ReportRecord]:
    return ctx.ledger.records(name, key, date(2025, 1, 1), date(2027, 1, 1))


def end(ctx: IngestContext, amazon: Amazon, record: ReportRecord, status: str = "FATAL") -> None:
    ctx.ledger.outcome(record.account, amazon.finish(str(record.report_id), status), "test")


def loaded(ctx: IngestContext, record: ReportRecord) -> None:
    """As a load leaves the ledger: facts of each day, then the record."""
    from types import SimpleNamespace

    from spapi_assets.aws.ledger import PartitionFacts

    made = record.created_at or ctx.now()
    days = [record.start + timedelta(days=n) for n in range((record.end - record.start).days + 1)]
    for dataset in ctx.registry.reports[record.report].datasets:
        facts = PartitionFacts(3, str(record.report_id), record.request_id, "sha", made, ctx.now())
        ctx.ledger.put_partitions(dataset.name, {Partition.of(record.account_key, day): facts for day in days})
    ctx.ledger.loaded(record, SimpleNamespace(archive_uri="a", sha256="sha", datasets={}))


def finish_all(ctx: IngestContext, amazon: Amazon, clock: Clock, name: str = ORDERS, key: str = "kestrel_eu") -> None:
    for record in requests(ctx, name, key):
        if record.open and record.report_id:
            amazon.finish(record.report_id, "DONE", BODY)
            loaded(ctx, ctx.ledger.outcome(record.account, amazon.reports[record.report_id], "test") or record)


def states(ctx: IngestContext, name: str = ORDERS, key: str = "kestrel_eu") -> dict[date, tuple[str, str]]:
    rows = coverage(ctx, datasets=[ctx.registry.reports[name].datasets[0].name])
    return {
        r.date: (r.state, r.next_action)
        for r in rows
        if (r.account if r.marketplace is None else f"{r.account}.{r.marketplace}") == key
    }


@pytest.mark.parametrize("status", ["FATAL", "CANCELLED"])
def test_an_old_day_that_failed_is_asked_again_by_the_sweep_at_its_time_and_only_once(
    ctx: IngestContext, amazon: Amazon, clock: Clock, status: str
) -> None:
    (first,) = request(ctx, back(ctx, 60), priority="backfill")
    end(ctx, amazon, first, status)
    sweep(ctx, 10)
    ended = ctx.ledger.get(first.request_id)
    assert ended is not None
    assert ended.retry_at is not None
    assert sweep(ctx, 10).planned == []
    assert amazon.calls["createReport"] == 1  # not before its time
    clock.forward(hours=2)
    assert [r.attempt for r in sweep(ctx, 10).planned] == [2]
    sweep(ctx, 10)
    sweep(ctx, 10)
    assert amazon.calls["createReport"] == 2
    again = requests(ctx)[-1]
    assert (again.start, again.end, again.priority) == (first.start, first.end, "backfill")


def test_an_empty_back_fill_window_is_confirmed_without_a_person(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    request(ctx, back(ctx, 60, 50))
    for _ in range(12):
        for record in requests(ctx):
            if record.open and record.report_id:
                amazon.finish(record.report_id, "CANCELLED")
        clock.forward(minutes=30)
        sweep(ctx, 10)
    assert amazon.calls["createReport"] == 2
    assert requests(ctx)[-1].verdict is Verdict.EMPTY_CONFIRMED


def test_what_nobody_should_repeat_is_not_in_the_list_of_retries(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    (record,) = request(ctx, back(ctx, 60))
    ctx.ledger.outcome("kestrel_eu", amazon.finish(str(record.report_id), "FATAL"), "test")
    ctx.ledger.judged(record, Verdict.CONFIGURATION, "The option is wrong.", ctx.now())
    clock.forward(days=2)
    assert ctx.ledger.retries_due(10) == []


def test_a_retry_whose_days_were_asked_meanwhile_costs_nothing(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    (record,) = request(ctx, back(ctx, 60))
    end(ctx, amazon, record)
    sweep(ctx, 10)
    clock.forward(hours=2)
    request(ctx, back(ctx, 61, 59))  # a person was quicker
    assert sweep(ctx, 10).planned == []
    assert ctx.ledger.retries_due(10) == []
    assert amazon.calls["createReport"] == 2


def test_a_crash_between_planning_a_retry_and_forgetting_it_plans_nothing_twice(
    ctx: IngestContext, amazon: Amazon, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (record,) = request(ctx, back(ctx, 60))
    end(ctx, amazon, record)
    sweep(ctx, 10)
    clock.forward(hours=2)

    def crash(_: ReportRecord) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ctx.ledger, "retried", crash)
        with pytest.raises(KeyboardInterrupt):
            sweep(ctx, 10)
    sweep(ctx, 10)
    sweep(ctx, 10)
    assert [r.attempt for r in requests(ctx)] == [1, 2]


def test_neighbouring_failed_days_share_one_new_request(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    for partition in back(ctx, 60, 57):
        (record,) = request(ctx, [partition])
        end(ctx, amazon, record)
    sweep(ctx, 10)
    clock.forward(hours=2)
    assert [(r.end - r.start).days for r in sweep(ctx, 10).planned] == [3]


def test_ten_days_of_standstill_heal_by_themselves(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    request(ctx, back(ctx, 4, 1))
    finish_all(ctx, amazon, clock)
    sweep(ctx, 10)
    clock.forward(days=10)
    request(ctx, back(ctx, 4, 1))  # what the schedule looks at
    missing = {d for d, (state, _) in states(ctx).items() if state == "missing" and d > date(2026, 3, 15)}
    assert len(missing) == 6
    assert {states(ctx)[d][1] for d in missing} == {"The sweep asks for it within a day."}
    planned = sweep(ctx, 10).planned
    assert {r.start + timedelta(days=n) for r in planned for n in range((r.end - r.start).days + 1)} == missing
    assert {r.priority for r in planned} == {"backfill"}
    sweep(ctx, 10)
    finish_all(ctx, amazon, clock)
    assert {s for d, (s, _) in states(ctx).items() if date(2026, 3, 16) <= d < ctx.now().date()} == {"final"}
    clock.forward(days=1)
    assert sweep(ctx, 10).planned == []


def test_after_a_standstill_what_others_made_is_found_before_the_gap_is_asked_for(
    ctx: IngestContext, amazon: Amazon, clock: Clock
) -> None:
    request(ctx, back(ctx, 2))
    finish_all(ctx, amazon, clock)
    clock.forward(days=12)
    (day,) = [p.day for p in back(ctx, 8)]
    start = datetime.combine(day, time(), UTC)
    closed, places = start + timedelta(days=1), ["A1PA6795UKMFR9", "A1F83G8C2ARO7P"]
    facts = {"start": start, "end": closed - timedelta(seconds=1), "created": closed + timedelta(hours=5)}
    made = amazon.add("kestrel_eu", ctx.registry.reports[ORDERS].report_type, places, **facts)
    amazon.finish(made.report_id, "DONE", BODY)
    result = sweep(ctx, 30)
    assert [r.report_id for r in result.adopted] == [made.report_id]
    assert result.created
    assert not any(r.covers(day) for r in result.created)


def test_a_fresh_deployment_starts_no_back_fill_by_itself(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    request(ctx, back(ctx, 4, 1))
    for _ in range(3):
        assert sweep(ctx, 10).planned == []
        clock.forward(days=1, hours=1)
    old = states(ctx)[date(2026, 1, 10)]
    assert old[0] == TruthState.MISSING
    assert "Back-fill it" in old[1]
    assert "spapi plan" in old[1]


def test_one_old_day_asked_for_by_a_person_does_not_pull_all_days_since(ctx: IngestContext, amazon: Amazon) -> None:
    request(ctx, back(ctx, 70))
    request(ctx, back(ctx, 2, 1))
    assert sweep(ctx, 10).planned == []
    assert "Back-fill it" in states(ctx)[back(ctx, 40)[0].day][1]


def test_days_that_were_provisional_when_all_stood_still_become_final(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    key = "kestrel_eu.DE"
    request(ctx, back(ctx, 6, 3, key), TRAFFIC)
    finish_all(ctx, amazon, clock, TRAFFIC, key)
    sweep(ctx, 10)
    clock.forward(days=40)
    assert len([s for s, _ in states(ctx, TRAFFIC, key).values() if s == "provisional"]) == 4
    for _ in range(3):
        sweep(ctx, 10)
        finish_all(ctx, amazon, clock, TRAFFIC, key)
    days = states(ctx, TRAFFIC, key)
    assert {days[p.day + timedelta(days=-40)][0] for p in back(ctx, 6, 3, key)} == {"final"}


def test_the_older_days_are_compared_once_a_day(ctx: IngestContext, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    real = ctx.ledger.records

    def counted(report: str, account_key: str, start: date, end: date) -> list[ReportRecord]:
        looks.append(account_key)
        return real(report, account_key, start, end)

    sweep(ctx, 10)
    monkeypatch.setattr(ctx.ledger, "records", counted)
    sweep(ctx, 10)
    assert looks == []
    clock.forward(days=1, minutes=1)
    sweep(ctx, 10)
    assert sorted(looks) == ["kestrel_eu", "kestrel_eu.DE", "kestrel_eu.UK", "kestrel_vendor_us.US"]


def test_one_accounts_broken_ledger_entry_stops_no_other_account(
    ctx: IngestContext, amazon: Amazon, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spapi_assets.aws.clients import AwsError
    from spapi_assets.aws.ledger import LedgerError

    amazon.faults["createReport"] = [Throttled("Spent.", retry_after=60.0)] * 2
    request(ctx, back(ctx, 3))
    request(ctx, back(ctx, 8, key="kestrel_vendor_us.US"), "vendor_sales")
    clock.forward(minutes=2)
    real = ctx.ledger.created

    def broken(record: ReportRecord, report_id: str, *more: object, **named: object) -> ReportRecord:
        if record.account == "kestrel_eu":
            raise LedgerError("The item is being changed all the time.")
        return real(record, report_id, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(ctx.ledger, "created", broken)
    result = sweep(ctx, 10)
    assert [r.account for r in result.created] == ["kestrel_vendor_us"]
    assert any("being changed all the time" in p for p in result.problems)

    def refused(account: str, info: object, source: str) -> None:
        raise AwsError("AWS refused writing table spapi-ledger.") if account == "kestrel_eu" else Throttled("x", retry_after=1)

    amazon.add("kestrel_eu", "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", ("x",), status="DONE", document_id="d")
    monkeypatch.setattr(ctx.ledger, "outcome", refused)
    clock.forward(hours=1)
    assert any(p.startswith("Account kestrel_eu: AWS refused") for p in sweep(ctx, 10).problems)


def test_the_status_of_a_record_decides_its_place_in_the_index() -> None:
    from spapi_assets.aws.ledger_records import encode, index_of

    at = Clock()()
    failed = ReportRecord("a", ORDERS, "T", None, date(2026, 3, 1), date(2026, 3, 1), status=ReportStatus.FATAL)
    due = replace(failed, verdict=Verdict.RETRYABLE, retry_at=at)
    assert [index_of(r) for r in (failed, due, replace(due, retry_at=None), replace(due, loaded_at=at))] == [
        "UNJUDGED", "RETRY", None, None,
    ]  # fmt: skip
    later = replace(due, retry_at=at + timedelta(days=1), start=date(2026, 2, 1), request_id="")
    assert encode(due)["gsi_sk"] < encode(later)["gsi_sk"]
