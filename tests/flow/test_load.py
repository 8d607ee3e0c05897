"""Loading: the newest report wins, kills and broken downloads change nothing in the end, and an empty window is a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spapi_assets.aws.catalog import Catalog
from spapi_assets.aws.ledger import ReportRecord, ReportStatus, Verdict
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.load import LoadBusy, load_report
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.lake.layout import Partition, partition_object
from spapi_assets.simulator.server import Simulator
from spapi_assets.spapi.errors import DocumentUrlExpired, IncompleteDownload, NotFound, Throttled
from tests.flow.amazon import Amazon, Clock

ORDERS = "orders_by_last_update"
FIRST, LAST = date(2026, 3, 14), date(2026, 3, 16)
DAYS = [Partition("kestrel_eu", None, FIRST + timedelta(days=n)) for n in range(3)]


def body(*rows: tuple[str, str]) -> bytes:
    """An orders flat file: (order id, day of the last update)."""
    header = [
        "amazon-order-id",
        "purchase-date",
        "last-updated-date",
        "order-status",
        "sales-channel",
        "sku",
        "quantity",
        "currency",
    ]
    lines = ["\t".join(header)]
    for order, day in rows:
        at = f"{day}T10:00:00+00:00"
        lines.append("\t".join([order, at, at, "Shipped", "Amazon.de", "SKU-1", "1", "EUR"]))
    return ("\r\n".join(lines) + "\r\n").encode()


def finished(ctx: IngestContext, amazon: Amazon, clock: Clock, content: bytes, force: bool = False) -> ReportRecord:
    (record,) = ask(ctx, ctx.registry.reports[ORDERS], DAYS, deadline=ctx.monotonic() + 1, force=force).created
    clock.forward(seconds=30)
    amazon.finish(str(record.report_id), "DONE", content)
    sweep(ctx, 30)
    found = ctx.ledger.get(record.request_id)
    assert found is not None
    assert found.ready
    return found


def in_lake(ctx: IngestContext) -> dict[date, list[str]]:
    found = {}
    for partition in DAYS:
        path = partition_object(ORDERS, partition)
        if ctx.lake.exists(path):
            with ctx.lake.open_input(path) as file:
                found[partition.day] = pq.read_table(file).column("amazon_order_id").to_pylist()
    return found


def facts(ctx: IngestContext) -> dict[date, tuple[int, str]]:
    return {f.day: (f.rows, f.report_id) for f in ctx.ledger.partitions(ORDERS, "kestrel_eu", FIRST, LAST)}


def test_a_document_fills_its_days_and_a_day_without_rows_is_an_empty_file(
    ctx: IngestContext, amazon: Amazon, clock: Clock
) -> None:
    ctx.catalog = Catalog(ctx.clients, "spapi_raw", ctx.lake.uri)
    record = finished(ctx, amazon, clock, body(("A", "2026-03-14"), ("B", "2026-03-16"), ("C", "2026-03-16")))
    load_report(ctx, record)
    assert in_lake(ctx) == {FIRST: ["A"], date(2026, 3, 15): [], LAST: ["B", "C"]}
    assert facts(ctx) == {FIRST: (1, "1001"), date(2026, 3, 15): (0, "1001"), LAST: (2, "1001")}
    loaded = ctx.ledger.get(record.request_id)
    assert (loaded.rows, loaded.ready, loaded.quota["getReportDocument"]) == ({ORDERS: 3}, False, 1)
    glue = ctx.clients.glue.get_partitions(DatabaseName="spapi_raw", TableName=ORDERS)["Partitions"]
    assert sorted(p["Values"][1] for p in glue) == ["2026-03-14", "2026-03-15", "2026-03-16"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_newest_report_wins_in_whatever_order_they_are_loaded(
    ctx: IngestContext, amazon: Amazon, clock: Clock, order: tuple[int, int]
) -> None:
    old = finished(ctx, amazon, clock, body(("OLD", "2026-03-14"), ("OLD2", "2026-03-15")))
    clock.forward(hours=3)
    # A second request of the same days, as a renewal or a forced one makes it.
    ctx.ledger.loaded(old, _nothing())
    new = finished(ctx, amazon, clock, body(("NEW", "2026-03-14")), force=True)
    both = [ctx.ledger.reopen(old), new]
    for n in order:
        load_report(ctx, both[n])
    assert in_lake(ctx) == {FIRST: ["NEW"], date(2026, 3, 15): [], LAST: []}
    assert {report_id for _, report_id in facts(ctx).values()} == {new.report_id}
    assert [r for r in ctx.ledger.done_not_loaded() if r.report == ORDERS] == []


def _nothing():
    from spapi_assets.ingest.documents.context import LoadResult

    return LoadResult("", "", 0, 0, "", {}, [], {})


@pytest.mark.parametrize(
    "error", [DocumentUrlExpired("The URL is no longer valid."), IncompleteDownload("The document broke off.")]
)
def test_a_broken_download_is_tried_once_more_with_a_new_url(
    ctx: IngestContext, amazon: Amazon, clock: Clock, error: Exception
) -> None:
    record = finished(ctx, amazon, clock, body(("A", "2026-03-14")))
    amazon.faults["download"] = [error]
    load_report(ctx, record)
    assert amazon.calls["getReportDocument"] == 2
    assert in_lake(ctx)[FIRST] == ["A"]


def test_a_download_that_stays_broken_leaves_the_report_ready_with_the_reason(
    ctx: IngestContext, amazon: Amazon, clock: Clock
) -> None:
    record = finished(ctx, amazon, clock, body(("A", "2026-03-14")))
    amazon.faults["download"] = [IncompleteDownload("It broke off."), IncompleteDownload("It broke off again.")]
    with pytest.raises(IncompleteDownload):
        load_report(ctx, record)
    failed = ctx.ledger.get(record.request_id)
    assert (failed.status, failed.reason, failed.load_failures) == (ReportStatus.DONE, "It broke off again.", 1)
    assert record.request_id not in [r.request_id for r in sweep(ctx, 5).ready]  # not at once
    clock.now = failed.retry_at
    assert record.request_id in [r.request_id for r in sweep(ctx, 5).ready]
    load_report(ctx, failed)
    assert in_lake(ctx)[FIRST] == ["A"]
    assert ctx.ledger.get(record.request_id).reason is None


def test_spent_document_quota_is_no_failure(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    record = finished(ctx, amazon, clock, body(("A", "2026-03-14")))
    amazon.faults["getReportDocument"] = [Throttled("The quota is spent.", retry_after=30)]
    with pytest.raises(Throttled):
        load_report(ctx, record)
    assert ctx.ledger.get(record.request_id).load_failures == 0


@pytest.mark.parametrize("gone", [True, False])
def test_a_document_that_is_gone_or_no_answer_is_asked_for_again(
    ctx: IngestContext, amazon: Amazon, clock: Clock, gone: bool
) -> None:
    record = finished(ctx, amazon, clock, b'{"errors": [{"code": "InternalFailure", "message": "try again"}]}')
    if gone:
        amazon.faults["getReportDocument"] = [NotFound("The document is gone.")]
    with pytest.raises((NotFound, DocumentError)):
        load_report(ctx, record)
    bad = ctx.ledger.get(record.request_id)
    assert (bad.status, bad.verdict) == (ReportStatus.FATAL, Verdict.RETRYABLE)
    assert in_lake(ctx) == {}
    clock.now = bad.retry_at
    assert len(ask(ctx, ctx.registry.reports[ORDERS], DAYS, deadline=ctx.monotonic() + 1).created) == 1


def test_a_confirmed_empty_window_becomes_schema_only_files(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    for _ in range(2):
        (record,) = ask(ctx, ctx.registry.reports[ORDERS], DAYS, deadline=ctx.monotonic() + 1).created
        clock.forward(seconds=30)
        amazon.finish(str(record.report_id), "CANCELLED")
        sweep(ctx, 30)
        clock.forward(hours=2)
    (ready,) = ctx.ledger.done_not_loaded()
    load_report(ctx, ready)
    assert in_lake(ctx) == {FIRST: [], date(2026, 3, 15): [], LAST: []}
    assert ctx.ledger.done_not_loaded() == []
    assert amazon.calls["getReportDocument"] == 0


def test_two_loaders_of_one_report_and_account_do_not_work_at_once(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    record = finished(ctx, amazon, clock, body(("A", "2026-03-14")))
    assert ctx.ledger.lease(f"load#{ORDERS}#kestrel_eu", "another", 600)
    with pytest.raises(LoadBusy):
        load_report(ctx, record, max_wait=5)
    clock.forward(seconds=601)  # the other one was killed
    assert load_report(ctx, record, max_wait=5) is not None


KILLED = """
    import os, signal, sys
    sys.path.insert(0, {root!r})
    from spapi_assets.ingest import load
    from spapi_assets.ingest.context import build_context
    from spapi_assets.settings import load_settings

    ctx = build_context(load_settings())

    def die(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGKILL)

    target = {target!r}
    if target == "before the download":
        load.load_document = die
    elif target == "after the Parquet files":
        ctx.catalog.register = die
    elif target == "after the catalog":
        ctx.ledger.put_partitions = die
    elif target == "after the facts":
        ctx.ledger.loaded = die
    record = next(r for r in ctx.ledger.done_not_loaded() if r.report == "orders_by_last_update")
    load.load_report(ctx, record)
"""


@pytest.mark.end_to_end
def test_a_loader_killed_at_any_step_and_run_again_ends_in_the_same_state(
    real: IngestContext, simulator: Simulator, tmp_path: Path
) -> None:
    accounts = tmp_path / "accounts.yaml"
    accounts.write_text(
        "accounts: [{name: kestrel_eu, kind: seller, region: eu, selling_partner_id: A3KESTREL0EU0, "
        "marketplaces: [DE, UK], secret: spapi/kestrel_eu}]"
    )
    environment = {
        **os.environ,
        "SPAPI_ENDPOINT_URL": simulator.url,
        "LWA_ENDPOINT_URL": simulator.url,
        "SPAPI_ACCOUNTS_FILE": str(accounts),
        "SPAPI_LAKE_URI": real.settings.lake_uri,
    }
    today = datetime.now(UTC).date()
    days = [Partition("kestrel_eu", None, today - timedelta(days=n)) for n in (5, 4, 3)]
    (asked,) = ask(real, real.registry.reports[ORDERS], days, deadline=real.monotonic() + 10).created
    while not (record := real.ledger.get(asked.request_id)).ready:
        sweep(real, 2)
        real.sleep(0.2)
    root = str(Path(__file__).resolve().parents[2])
    for target in ("before the download", "after the Parquet files", "after the catalog", "after the facts"):
        script = textwrap.dedent(KILLED.format(root=root, target=target))
        killed = subprocess.run([sys.executable, "-c", script], env=environment, timeout=60)
        assert killed.returncode == -signal.SIGKILL, target
        assert real.ledger.get(record.request_id).ready, target
        real.clients.dynamodb.delete_item(  # instead of waiting two minutes for the killed loader's lease
            TableName="spapi-ledger", Key={"pk": {"S": "LEASE"}, "sk": {"S": f"load#{ORDERS}#kestrel_eu"}}
        )
    assert load_report(real, record) is not None
    loaded = real.ledger.get(record.request_id)
    found = real.ledger.partitions(ORDERS, "kestrel_eu", days[0].day, days[2].day)
    assert [f.day for f in found] == [p.day for p in days]
    assert sum(f.rows for f in found) == loaded.rows[ORDERS] == sum(pq.read_metadata(f.uri).num_rows for f in found)
    assert all(f.versions == () for f in found)  # the same content is not a restatement
    # The archive had the whole document after the second kill: it was not fetched a third time.
    assert loaded.quota["getReportDocument"] == 2
