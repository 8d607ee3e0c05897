"""From asking to Parquet over real HTTP: the simulator plays Amazon, the emulator plays AWS."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from spapi_assets.aws.ledger import ReportRecord, ReportStatus
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.coverage import coverage, write_coverage
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.replaying import plan_replay, replay_all
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.lake.layout import Partition
from spapi_assets.simulator.server import Simulator

pytestmark = pytest.mark.end_to_end


def days_back(account: str, marketplace: str | None, first: int, last: int) -> list[Partition]:
    today = datetime.now(UTC).date()
    return [Partition(account, marketplace, today - timedelta(days=n)) for n in range(last, first + 1)]


def until(ctx: IngestContext, done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "the flow did not get there"
        result = sweep(ctx, 5)
        assert result.problems == []
        time.sleep(0.2)


def ready(ctx: IngestContext, *reports: str) -> list[ReportRecord]:
    return [r for r in ctx.ledger.done_not_loaded() if r.report in reports]


def test_orders_and_vendor_sales_arrive_complete(real: IngestContext, simulator: Simulator) -> None:
    orders, vendor = real.registry.reports["orders_by_last_update"], real.registry.reports["vendor_sales"]
    asked = ask(real, orders, days_back("kestrel_eu", None, 40, 2), deadline=time.monotonic() + 10)
    assert [(r.end - r.start).days + 1 for r in asked.created] == [9, 30]
    ask(real, vendor, days_back("kestrel_vendor_us", "US", 30, 16), deadline=time.monotonic() + 10)
    until(real, lambda: len(ready(real, "orders_by_last_update", "vendor_sales")) == 3)
    for record in ready(real, "orders_by_last_update", "vendor_sales"):
        assert load_report(real, record) is not None
        assert load_report(real, record) is None  # nothing is loaded twice
    assert ready(real, "orders_by_last_update", "vendor_sales") == []
    facts = real.ledger.partitions("orders_by_last_update", "kestrel_eu", asked.created[1].start, asked.created[0].end)
    assert len(facts) == 39
    assert sum(pq.read_metadata(f.uri).num_rows for f in facts) == sum(f.rows for f in facts) > 0
    again = ask(real, orders, days_back("kestrel_eu", None, 40, 2), deadline=time.monotonic() + 10)
    assert again.created == []
    tables = real.clients.glue.get_partitions(DatabaseName="spapi_raw", TableName="orders_by_last_update")["Partitions"]
    assert len(tables) == 39

    states = {r.date: r.state for r in coverage(real, facts[0].day, facts[-1].day) if r.dataset == "orders_by_last_update"}
    assert set(states.values()) <= {"final", "empty_confirmed"}
    assert "final" in states.values()
    written = write_coverage(real)
    assert pq.read_metadata(written.coverage.uri).num_rows == written.coverage.rows
    assert pq.read_table(written.reports.uri).num_rows == written.reports.rows >= 3


def test_settlements_are_harvested_without_asking(real: IngestContext) -> None:
    until(real, lambda: any(r.report == "settlements" for r in real.ledger.done_not_loaded()))
    record = next(r for r in real.ledger.done_not_loaded() if r.report == "settlements")
    result = load_report(real, record)
    assert result is not None
    (partition,) = result.datasets["settlements"].partitions
    (fact,) = real.ledger.partitions("settlements", "kestrel_eu", partition.day, partition.day)
    assert (fact.report_id, fact.part) == (record.report_id, record.report_id)
    assert record.adopted
    assert "createReport" not in record.quota


def test_a_lost_answer_of_create_report_never_asks_twice(real: IngestContext, simulator: Simulator) -> None:
    simulator.faults.add(kind="response_lost", operation="createReport", times=1, seconds=0.1)
    report = real.registry.reports["orders_by_last_update"]
    asked = ask(real, report, days_back("kestrel_eu", None, 9, 5), deadline=time.monotonic() + 10)
    assert asked.created == []
    assert len(asked.problems) == 1
    until(real, lambda: any(r.report == report.name and r.status is ReportStatus.DONE for r in real.ledger.done_not_loaded()))
    mine = real.ledger.records(report.name, "kestrel_eu", *(real.now().date() - timedelta(days=n) for n in (9, 5)))
    assert [r.attempt for r in mine] == [1]
    listed = real.apis("kestrel_eu").reports.get_reports([report.report_type], created_since=real.now() - timedelta(hours=1))
    assert [r.report_id for r in listed] == [mine[0].report_id]


def test_the_ledger_can_be_rebuilt_from_the_archive(real: IngestContext) -> None:
    report = real.registry.reports["orders_by_last_update"]
    asked = ask(real, report, days_back("kestrel_eu", None, 6, 3), deadline=time.monotonic() + 10)
    until(real, lambda: any(r.report == report.name for r in real.ledger.done_not_loaded()))
    loaded = next(r for r in real.ledger.done_not_loaded() if r.report == report.name)
    load_report(real, loaded)
    before = real.ledger.get(loaded.request_id)
    start, end = asked.created[0].start, asked.created[0].end
    facts = real.ledger.partitions(report.name, "kestrel_eu", start, end)

    real.clients.dynamodb.delete_table(TableName="spapi-ledger")
    from spapi_assets.aws.setup import set_up_aws

    set_up_aws(real.clients, real.settings)
    (done,) = replay_all(real, plan_replay(real, [report.name], ["kestrel_eu"]))
    assert done.problem is None
    after = real.ledger.get(loaded.request_id)
    assert (after.report_id, after.rows, after.sha256, after.options) == (
        before.report_id,
        before.rows,
        before.sha256,
        before.options,
    )
    assert after.loaded_at is not None
    assert [(f.day, f.rows, f.sha256) for f in real.ledger.partitions(report.name, "kestrel_eu", start, end)] == [
        (f.day, f.rows, f.sha256) for f in facts
    ]
    assert ask(real, report, days_back("kestrel_eu", None, 6, 3), deadline=time.monotonic() + 10).created == []
