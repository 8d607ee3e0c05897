"""Which runs load what is ready: neighbouring days together, nothing twice, settlements in the partition of their end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.windows import due_range
from spapi_assets.sensors import plan_loads

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
FIRST = date(2026, 1, 1)
KEYS = {"sales_and_traffic": ["a.DE", "a.UK"], "settlements": ["a"], "orders_by_last_update": ["a"]}


def _done(report: str, start: date, end: date | None = None, marketplace: str | None = None) -> ReportRecord:
    return ReportRecord(
        account="a",
        report=report,
        report_type=report.upper(),
        marketplace=marketplace,
        start=start,
        end=end or start,
        status=ReportStatus.DONE,
        report_id=f"{report}{start}{marketplace}",
        document_id="d",
    )


def _plan(ready: list[ReportRecord], active: tuple[str, ...] = (), documents: int = 100) -> list[tuple[str, str, str]]:
    runs = plan_loads(ready, active, KEYS, harvested={"settlements"}, affordable={"a": documents}, first=FIRST, now=NOW)
    return [(r.report, *(r.area.tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end"))) for r in runs]


def test_sixty_documents_of_two_stores_are_one_run() -> None:
    days = [FIRST + timedelta(days=n) for n in range(30)]
    ready = [_done("sales_and_traffic", day, marketplace=m) for day in days for m in ("DE", "UK")]
    assert _plan(ready) == [("sales_and_traffic", "a.DE|2026-01-01", "a.UK|2026-01-30")]


def test_a_run_is_given_no_more_documents_than_the_quota_brings_soon_and_the_newest_first() -> None:
    ready = [_done("sales_and_traffic", FIRST + timedelta(days=n), marketplace="DE") for n in range(30)]
    assert _plan(ready, documents=10) == [("sales_and_traffic", "a.DE|2026-01-21", "a.DE|2026-01-30")]
    assert _plan(ready, documents=0) == []


def test_a_document_of_a_month_costs_one_call_whatever_its_days() -> None:
    ready = [_done("orders_by_last_update", FIRST, FIRST + timedelta(days=29))]
    (run,) = plan_loads(ready, (), KEYS, harvested=(), affordable={"a": 1}, first=FIRST, now=NOW)
    assert (run.area.last - run.area.first).days == 29
    assert run.tags["spapi/documents"] == "1"


def test_a_report_whose_load_is_under_way_waits_for_it() -> None:
    ready = [_done("sales_and_traffic", FIRST, marketplace="DE"), _done("orders_by_last_update", FIRST)]
    assert [name for name, *_ in _plan(ready, ("sales_and_traffic:a.DE..a.DE:x..y",))] == ["orders_by_last_update"]


def test_a_failed_load_waits_for_its_hour() -> None:
    later = replace(_done("orders_by_last_update", FIRST), retry_at=NOW + timedelta(minutes=5))
    assert _plan([later]) == []
    assert _plan([replace(later, retry_at=NOW - timedelta(minutes=5))]) != []


def test_a_settlement_is_loaded_into_the_partition_of_its_end_and_gaps_are_no_extra_runs() -> None:
    ready = [_done("settlements", FIRST + timedelta(days=n), FIRST + timedelta(days=n + 14)) for n in (0, 14)]
    assert _plan(ready) == [("settlements", "a|2026-01-15", "a|2026-01-29")]


def test_days_before_the_first_partition_start_no_run() -> None:
    assert _plan([_done("orders_by_last_update", FIRST - timedelta(days=9), FIRST - timedelta(days=2))]) == []
    assert _plan([_done("orders_by_last_update", FIRST - timedelta(days=9), FIRST)]) == [
        ("orders_by_last_update", "a|2026-01-01", "a|2026-01-01")
    ]


def test_a_report_of_an_account_that_was_removed_is_left_alone() -> None:
    assert _plan([replace(_done("orders_by_last_update", FIRST), report="gone")]) == []


def test_schedules_look_back_through_lag_and_restatement_and_never_into_today() -> None:
    reports = load_registry().reports
    today = date(2026, 3, 10)
    for name, (newest, days) in {
        "orders_by_last_update": (date(2026, 3, 9), 4),
        "sales_and_traffic": (date(2026, 3, 8), 18),
        "vendor_sales": (date(2026, 3, 6), 34),
    }.items():
        first, last = due_range(reports[name], today, FIRST)
        assert last == newest, name
        assert (last - first).days + 1 == days, name
    assert due_range(reports["fba_inventory"], today, FIRST) == (today, today)
    assert due_range(reports["vendor_sales"], date(2026, 1, 10), FIRST)[0] == FIRST
