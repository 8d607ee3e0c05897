"""The objects of a partition that later pages of a request fill, and what becomes of them when a newer answer has fewer pages.
Which page goes where is `fanout.part_of`; the pages themselves are loaded by `load.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord
from spapi_assets.datasets.model import Dataset, Report
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.documents.context import DatasetLoad, LoadResult, PartitionLoad
from spapi_assets.ingest.fanout import part_of
from spapi_assets.lake.layout import Partition, partition_object
from spapi_assets.lake.parquet import parquet_schema, write_empty


def clear_later_pages(ctx: IngestContext, report: Report, pages: Sequence[ReportRecord]) -> None:
    """Empty the objects of pages that a whole request does not have: an older request filled them. `pages`: all it has.

    They are overwritten with files without rows and their facts say so, so that the partition holds one answer and not parts of
    two. May be repeated; what a newer request filled is left alone.
    """
    head, last = pages[0], pages[-1]
    kept = {part_of(report, p.options, str(p.report_id), p.page) for p in pages}
    made = max(p.created_at or ctx.now() for p in pages)
    for dataset in report.datasets:
        facts = ctx.ledger.partitions(dataset.name, head.account_key, head.start, head.end)
        mine = PartitionFacts(0, str(last.report_id), last.request_id, None, made, ctx.now())
        for old in facts:
            if old.part in kept or not old.rows or old.age > mine.age or old.day is None:
                continue
            partition = Partition(head.account, head.marketplace, old.day)
            written = _emptied(ctx, dataset, partition, old.part)
            ctx.ledger.put_partition(dataset.name, partition, replace(mine, part=old.part, uri=written.uri, bytes=written.bytes))


def _emptied(ctx: IngestContext, dataset: Dataset, partition: Partition, part: str) -> PartitionLoad:
    path = partition_object(dataset.name, partition, part)
    with ctx.lake.stage() as stage:
        size = write_empty(stage.file(path), parquet_schema(dataset, pii_columns=ctx.settings.pii_columns))
        stage.publish()
    return PartitionLoad(0, ctx.lake.uri(path), size)


def of_all_pages(first: LoadResult, others: Sequence[LoadResult | None]) -> LoadResult:
    """The first page's result with the rows of all that were loaded now: a request is loaded as one."""
    later = [r for r in others if r is not None]
    if not later:
        return first
    datasets = {name: _together([load, *(r.datasets[name] for r in later)]) for name, load in first.datasets.items()}
    return replace(
        first,
        compressed_bytes=first.compressed_bytes + sum(r.compressed_bytes for r in later),
        plain_bytes=first.plain_bytes + sum(r.plain_bytes for r in later),
        warnings=[*first.warnings, *(f"Page {n}: {w}" for n, r in enumerate(later, 2) for w in r.warnings)],
        datasets=datasets,
    )


def _together(loads: Sequence[DatasetLoad]) -> DatasetLoad:
    partitions: dict[Partition, PartitionLoad] = {}
    for load in loads:
        for partition, written in load.partitions.items():
            before = partitions.get(partition)
            if before is None:
                partitions[partition] = written
            else:
                both = replace(before, rows=before.rows + written.rows, bytes=before.bytes + written.bytes)
                partitions[partition] = both
    quarantined = [load.quarantine_uri for load in loads if load.quarantine_uri is not None]
    return replace(
        loads[0],
        rows_in=sum(load.rows_in for load in loads),
        rows_out=sum(load.rows_out for load in loads),
        quarantined=sum(load.quarantined for load in loads),
        quarantine_uri=quarantined[0] if quarantined else None,
        partitions=partitions,
        unknown_columns=tuple(dict.fromkeys(c for load in loads for c in load.unknown_columns)),
    )
