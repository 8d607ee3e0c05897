"""The platform's tables about itself: the truth of every dataset, account and day, and every request, from the ledger alone.
What a state means is `truth.py`; showing it is the Dagster layer's and the review's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord, unstamp
from spapi_assets.datasets import platform_tables
from spapi_assets.datasets.model import Source
from spapi_assets.datasets.platform_tables import PLATFORM_TABLES, PlatformTable
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.fanout import READ, SOME, Fan
from spapi_assets.ingest.identifiers import fan
from spapi_assets.ingest.restatement_words import changes_in_words
from spapi_assets.ingest.source_words import is_read
from spapi_assets.ingest.truth import truth
from spapi_assets.ingest.upkeep import kept_up_from
from spapi_assets.ingest.windows import partition_days, period
from spapi_assets.lake.layout import Partition, platform_object

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_PER_BATCH = 20_000
_Day = date  # a field of that name hides the type


@dataclass(frozen=True)
class CoverageRow:
    """One dataset, account (and marketplace) and period. `state` is a word of `TruthState`; times are UTC."""

    dataset: str
    report: str
    account: str
    marketplace: str | None
    date: date  # the period's first day
    period: str
    period_end: _Day  # inclusive
    state: str
    rows: int | None
    report_id: str | None
    last_loaded_at: datetime | None
    reason: str
    next_action: str
    next_at: datetime | None

    @property
    def account_key(self) -> str:
        return self.account if self.marketplace is None else f"{self.account}.{self.marketplace}"


@dataclass(frozen=True)
class Written:
    """A platform table as written: rows, address, and counts worth showing."""

    rows: int
    uri: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class PlatformTables:
    coverage: Written
    reports: Written
    restatements: Written


def coverage(
    ctx: IngestContext,
    first_day: date | None = None,
    last_day: date | None = None,
    *,
    datasets: Collection[str] | None = None,
) -> Iterator[CoverageRow]:
    """Every dataset x account key x day, by default from the deployment's first day to today.

    One query for the requests of a report and account and one for the facts of each dataset, whatever the number of days.
    """
    now = ctx.now()
    start = date.fromisoformat(ctx.settings.first_date)
    first = first_day or start
    last = last_day or now.astimezone(UTC).date()
    for report in ctx.registry.sources.values():
        days = partition_days(report, first, last)
        for account_key in ctx.settings.partition_keys(report):
            chosen = [d for d in report.datasets if datasets is None or d.name in datasets]
            if not chosen:
                continue
            known = ctx.ledger.records(report.name, account_key, min(first, start), last)
            since, by_day, split = kept_up_from(report, known), _by_day(known, first, last), fan(ctx, report, account_key)
            for dataset in chosen:
                facts = defaultdict(list)
                for fact in ctx.ledger.partitions(dataset.name, account_key, first, last):
                    facts[fact.day].append(fact)
                for day in days:
                    partition = Partition.of(account_key, day)
                    yield _row(report, dataset.name, partition, by_day.get(day, ()), facts.get(day, ()), now, since, split)


def _by_day(records: Iterable[ReportRecord], first: date, last: date) -> dict[date, list[ReportRecord]]:
    found: dict[date, list[ReportRecord]] = defaultdict(list)
    for record in records:
        day, end = max(first, record.start), min(last, record.end)
        while day <= end:
            found[day].append(record)
            day += timedelta(days=1)
    return found


def _row(
    report: Source,
    dataset: str,
    partition: Partition,
    records: Iterable[ReportRecord],
    facts: Iterable[PartitionFacts],
    now: datetime,
    since: date | None,
    split: Fan,
) -> CoverageRow:
    held, asked = list(facts), list(records)
    if is_read(report):  # what was read of some identifiers only is not the day
        held, asked = [f for f in held if f.part == "data"], [r for r in asked if r.options.get(READ) != SOME]
    known = truth(report, dataset, partition, asked, held, now, since, split)
    newest = max(held, key=lambda f: f.age) if held else None
    last = next((r.report_id for r in reversed(asked) if r.report_id), None)
    return CoverageRow(
        dataset=dataset,
        report=report.name,
        account=partition.account,
        marketplace=partition.marketplace,
        date=partition.day,
        period=report.window.period.value,
        period_end=period(report, partition.day)[1],
        state=known.state.value,
        rows=sum(f.rows for f in held) if held else None,
        report_id=newest.report_id if newest else last,
        last_loaded_at=newest.loaded_at if newest else None,
        reason=known.reason,
        next_action=known.next_action,
        next_at=known.next_at,
    )


def all_records(ctx: IngestContext) -> Iterator[ReportRecord]:
    """Every request of the configured accounts and reports."""
    for report in ctx.registry.sources.values():
        for account_key in ctx.settings.partition_keys(report):
            yield from ctx.ledger.records(report.name, account_key, date(2000, 1, 1), date(2999, 1, 1))


def restatements(ctx: IngestContext) -> Iterator[dict[str, Any]]:
    """Every version of a partition that replaced an older one, as rows of `platform/restatements`."""
    last = ctx.now().astimezone(UTC).date()
    for report in ctx.registry.sources.values():
        for account_key in ctx.settings.partition_keys(report):
            for dataset in report.datasets:
                for fact in ctx.ledger.partitions(dataset.name, account_key, date.fromisoformat(ctx.settings.first_date), last):
                    yield from _versions(report, dataset.name, account_key, fact)


def _versions(report: Source, dataset: str, account_key: str, fact: PartitionFacts) -> Iterator[dict[str, Any]]:
    place = Partition.of(account_key, fact.day or date.min)
    contents = [fact.version(), *fact.versions]  # newest first
    for number, (now, before) in enumerate(pairwise(contents)):
        changes = now.get("changes") or {"rows_before": before["rows"], "rows_after": now["rows"]}
        yield {
            "dataset": dataset,
            "report": report.name,
            "account": place.account,
            "marketplace": place.marketplace,
            "date": place.day,
            "part": fact.part,
            "version": len(contents) - number,
            "report_id": now["report_id"],
            "report_id_before": before["report_id"],
            "created_at": unstamp(now["created_at"]),
            "loaded_at": unstamp(now["loaded_at"]),
            "rows_before": before["rows"],
            "rows": now["rows"],
            "rows_added": changes.get("added"),
            "rows_removed": changes.get("removed"),
            "rows_changed": changes.get("changed"),
            "totals": [(name, f"{was} -> {is_}") for name, (was, is_) in changes.get("totals", {}).items()],
            "change": changes_in_words(changes),
        }


def write_coverage(ctx: IngestContext) -> PlatformTables:
    """Write the platform's tables as Parquet, each replaced atomically, and make them known to Glue."""
    states: Counter[str] = Counter()

    def counted() -> Iterator[dict[str, Any]]:
        for row in coverage(ctx):
            states[f"days {row.state}"] += 1
            yield {f.name: getattr(row, f.name) for f in fields(row)}

    rows, uri = _write(ctx, platform_tables.COVERAGE, counted())
    statuses: Counter[str] = Counter()

    def listed() -> Iterator[dict[str, Any]]:
        for record in all_records(ctx):
            statuses[f"reports {record.status.value}"] += 1
            yield _flat(record)

    number, where = _write(ctx, platform_tables.REPORTS, listed())
    restated, place = _write(ctx, platform_tables.RESTATEMENTS, restatements(ctx))
    if ctx.catalog is not None:
        for table in PLATFORM_TABLES:
            ctx.catalog.register_platform_table(table)
    return PlatformTables(Written(rows, uri, states), Written(number, where, statuses), Written(restated, place, {}))


def _flat(record: ReportRecord) -> dict[str, Any]:
    values = {f.name: getattr(record, f.name) for f in fields(record)}
    for name in ("options", "rows", "quota"):
        values[name] = list(values[name].items())
    return {**values, "status": record.status.value, "verdict": record.verdict.value if record.verdict else None}


def _write(ctx: IngestContext, table: PlatformTable, rows: Iterator[dict[str, Any]]) -> tuple[int, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, count, schema = platform_object(table.name), 0, _schema(table)
    with ctx.lake.open_output(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _ROWS_PER_BATCH:
                writer.write_table(pa.Table.from_pylist(batch, schema))
                count, batch = count + len(batch), []
        writer.write_table(pa.Table.from_pylist(batch, schema))
        count += len(batch)
    return count, ctx.lake.uri(path)


def _schema(table: PlatformTable) -> pa.Schema:
    import pyarrow as pa

    kinds = {
        platform_tables.TEXT: pa.string(),
        platform_tables.COUNT: pa.int64(),
        platform_tables.DAY: pa.date32(),
        platform_tables.FLAG: pa.bool_(),
        platform_tables.INSTANT: pa.timestamp("us", tz="UTC"),
        platform_tables.TEXTS: pa.map_(pa.string(), pa.string()),
        platform_tables.COUNTS: pa.map_(pa.string(), pa.int64()),
    }
    return pa.schema([pa.field(c.name, kinds[c.type]) for c in table.columns])
