"""Steps that tests of outcomes share: ask for a report, let Amazon end it, look at what is said about its day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from spapi_assets.aws.ledger import PartitionFacts, ReportRecord
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.ingest.truth import Truth, truth
from spapi_assets.lake.layout import Partition
from tests.flow.amazon import Amazon, Clock

TODAY = date(2026, 3, 20)
DE, UK = "A1PA6795UKMFR9", "A1F83G8C2ARO7P"


def at(n: int, marketplace: str | None = "DE") -> Partition:
    return Partition("kestrel_eu", marketplace, TODAY - timedelta(days=n))


def request(ctx: IngestContext, name: str = "sales_and_traffic", partition: Partition | None = None) -> ReportRecord | None:
    partition = partition or at(5)
    made = ask(ctx, ctx.registry.reports[name], [partition], deadline=ctx.monotonic() + 1).created
    return made[0] if made else None


def end(
    ctx: IngestContext, amazon: Amazon, clock: Clock, status: str, record: ReportRecord, body: bytes | None = None
) -> ReportRecord:
    clock.forward(seconds=20)
    amazon.finish(str(record.report_id), status, body)
    sweep(ctx, 30)
    found = ctx.ledger.get(record.request_id)
    assert found is not None
    return found


def held(ctx: IngestContext, partition: Partition, rows: int, dataset: str = "sales_and_traffic_by_asin") -> None:
    made = datetime(2026, 3, 10, tzinfo=UTC)
    ctx.ledger.put_partition(dataset, partition, PartitionFacts(rows, "9", "r", "s", made, made))


def state(ctx: IngestContext, partition: Partition, name: str = "sales_and_traffic") -> Truth:
    report = ctx.registry.reports[name]
    dataset = report.datasets[0].name
    records = ctx.ledger.records(name, partition.account_key, partition.day, partition.day)
    facts = ctx.ledger.partitions(dataset, partition.account_key, partition.day, partition.day)
    return truth(report, dataset, partition, records, facts, ctx.now())
