"""A document that was refused when it came: corrected registry, `replay`, and the day is as if it had loaded at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spapi_assets.aws.ledger import ReportRecord, ReportStatus
from spapi_assets.datasets.loader import Registry
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.replaying import plan_replay, replay_all
from spapi_assets.ingest.requesting import ask
from spapi_assets.lake.layout import Partition
from tests.flow.amazon import Amazon
from tests.flow.test_upkeep import ORDERS, back, states


def refused(ctx: IngestContext, amazon: Amazon, days_ago: int, header: str) -> ReportRecord:
    """A report whose document has a header nobody expected."""
    (partition,) = back(ctx, days_ago)
    (asked,) = ask(ctx, ctx.registry.reports[ORDERS], [partition], deadline=ctx.monotonic() + 1).created
    body = f"amazon-order-id\t{header}\r\nA\t{partition.day}T10:00:00+00:00\r\n".encode()
    record = ctx.ledger.outcome("kestrel_eu", amazon.finish(str(asked.report_id), "DONE", body), "test")
    assert record is not None
    with pytest.raises(DocumentError):
        load_report(ctx, record)
    return record


def correct(ctx: IngestContext, alias: str) -> None:
    """The registry after somebody added the header's spelling as an alias."""
    report = ctx.registry.reports[ORDERS]
    (dataset,) = report.datasets
    columns = tuple(
        c.model_copy(update={"aliases": (*c.aliases, alias)}) if c.name == "last_updated_date" else c for c in dataset.columns
    )
    corrected = report.model_copy(update={"datasets": (dataset.model_copy(update={"columns": columns}),)})
    ctx.registry = Registry([corrected if r.name == ORDERS else r for r in ctx.registry.sources.values()])


def replayed(ctx: IngestContext) -> list[str | None]:
    return [done.problem for done in replay_all(ctx, plan_replay(ctx, [ORDERS], ["kestrel_eu"]))]


def test_replay_loads_what_was_refused_once_the_registry_is_corrected_and_asks_amazon_nothing(
    ctx: IngestContext, amazon: Amazon
) -> None:
    record = refused(ctx, amazon, 5, "zuletzt-geaendert")
    other = refused(ctx, amazon, 9, "still-unknown")
    calls = amazon.calls.total()
    plan = plan_replay(ctx, [ORDERS], ["kestrel_eu"])
    assert plan.retried == 2
    assert all(replayed(ctx))  # nothing was corrected yet: two sentences
    correct(ctx, "zuletzt-geaendert")
    (sentence,) = [problem for problem in replayed(ctx) if problem]  # the other one went on
    assert "still-unknown" in sentence
    assert amazon.calls.total() == calls
    now = ctx.ledger.get(record.request_id)
    assert now is not None
    assert (now.status, now.rows) == (ReportStatus.DONE, {ORDERS: 1})
    assert now.loaded_at is not None
    assert states(ctx)[record.start][0] == "final"
    assert states(ctx)[other.start][0] == "failed"
    assert plan_replay(ctx, [ORDERS], ["kestrel_eu"]).retried == 1


def test_a_refused_report_that_counted_as_failed_is_done_after_its_replay(ctx: IngestContext, amazon: Amazon) -> None:
    from spapi_assets.aws.ledger import Verdict

    record = refused(ctx, amazon, 5, "zuletzt-geaendert")
    ctx.ledger.unusable(record, Verdict.RETRYABLE, "It did not answer the question.", ctx.now())
    assert len(ctx.ledger.retries_due(10)) == 1
    correct(ctx, "zuletzt-geaendert")
    assert replayed(ctx) == [None]
    now = ctx.ledger.get(record.request_id)
    assert now is not None
    assert (now.status, now.verdict, now.reason, now.retry_at) == (ReportStatus.DONE, None, None, None)
    assert ctx.ledger.retries_due(10) == []


def test_each_view_of_a_vendor_report_is_replayed_into_its_own_object(ctx: IngestContext, amazon: Amazon) -> None:
    from dataclasses import replace

    import pyarrow.parquet as pq

    from spapi_assets.aws.ledger_records import ReportStatus as Status
    from tests.flow.amazon import Clock

    assert isinstance(ctx.now, Clock)
    vendor = ctx.settings.account("kestrel_vendor_us").model_copy(update={"fan_out": {"sellingProgram": ("RETAIL",)}})
    ctx.settings = ctx.settings.model_copy(update={"accounts": (ctx.settings.accounts[0], vendor)})
    report, day = ctx.registry.reports["vendor_sales"], ctx.now.now.date() - timedelta(days=6)
    for record in ask(ctx, report, [Partition(vendor.name, "US", day)], deadline=ctx.monotonic() + 9).created:
        units = len(record.options["distributorView"])
        row = f'{{"startDate": "{day}", "endDate": "{day}", "asin": "B1", "orderedUnits": {units}}}'
        body = f'{{"reportSpecification": {{}}, "salesAggregate": [], "salesByAsin": [{row}]}}'.encode()
        done = ctx.ledger.outcome(vendor.name, amazon.finish(str(record.report_id), "DONE", body), "test")
        assert done == replace(done, status=Status.DONE)
        load_report(ctx, done)
    objects = [p for p in ctx.lake.list("raw/vendor_sales") if "_schema" not in p]
    assert len(objects) == 2
    before = {p: pq.read_table(ctx.lake.open_input(p)).drop(["_loaded_at"]) for p in objects}
    for path in objects:
        ctx.lake.delete(path)
    assert [d.problem for d in replay_all(ctx, plan_replay(ctx, [report.name], [vendor.name]))] == [None, None]
    after = {p: pq.read_table(ctx.lake.open_input(p)).drop(["_loaded_at"]) for p in ctx.lake.list("raw/vendor_sales")}
    assert after == before
