"""What a load is told about its document, and what it answers. Plain data: no bytes are read here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

from spapi_assets.datasets.model import Dataset, Source
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.fanout import part_of
from spapi_assets.lake.layout import Partition
from spapi_assets.spapi.marketplaces import BY_ID, MARKETPLACES, Marketplace


@dataclass(frozen=True)
class DocumentContext:
    """Everything known about one document before its first byte. Dates are the inclusive days that were asked for."""

    report: Source
    account: str
    marketplace: str | None
    report_id: str
    document_id: str
    start: date
    end: date
    created: datetime
    content_type: str | None = None
    content_encoding: str | None = None
    compression: str | None = None
    marketplace_ids: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    """The request's options: columns with an `option` hold their values, because Amazon's rows do not."""
    page: int = 1
    """Of an answer in pages (Data Kiosk): which one."""
    pii_columns: frozenset[str] = frozenset()
    """`dataset.column` of the personal data that this deployment keeps; all other PII columns are dropped."""
    loaded_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Kept in the archive's manifest as it is: request id, headers, quota, whatever replay should know."""
    accept: Callable[[str, Partition], bool] | None = field(default=None, compare=False, repr=False)
    """Whether this document may replace a dataset's partition; the ledger says no where a newer report was loaded."""

    compare: Callable[[Dataset, Partition, Path], dict[str, Any] | None] | None = field(default=None, compare=False, repr=False)
    """What the finished local file would change in the lake's partition, asked before it is replaced; None: nothing to tell."""

    def partition(self, day: date) -> Partition:
        return Partition(self.account, self.marketplace, day)

    def accepts(self, dataset: str, partition: Partition) -> bool:
        return self.accept is None or self.accept(dataset, partition)

    @property
    def part(self) -> str:
        """The Parquet object of a partition that this document's rows lie in."""
        return part_of(self.report, self.options, self.report_id, self.page)

    @property
    def account_key(self) -> str:
        return self.partition(self.start).account_key

    @property
    def marketplaces(self) -> tuple[Marketplace, ...]:
        """Marketplaces whose habits (charset, decimal mark, date order) this document may follow."""
        if self.marketplace:
            return (MARKETPLACES[self.marketplace],)
        return tuple(BY_ID[i] for i in self.marketplace_ids if i in BY_ID)

    def dropped(self, dataset: Dataset) -> frozenset[str]:
        """Names of the PII columns that must not reach the lake."""
        return frozenset(c.name for c in dataset.columns if c.pii and f"{dataset.name}.{c.name}" not in self.pii_columns)

    def fail(self, error: type[DocumentError], what: str, advice: str) -> NoReturn:
        account = self.account_key
        raise error(
            what,
            account=account,
            report=self.report.name,
            report_id=self.report_id,
            document_id=self.document_id,
            advice=advice,
        )


@dataclass(frozen=True)
class PartitionLoad:
    """One Parquet object as written: rows in it, where it lies, its size in bytes."""

    rows: int
    uri: str
    bytes: int
    changes: dict[str, Any] | None = None
    """What it changed in the partition that a former report had filled (`ingest.restatement.Changes.as_item`)."""


@dataclass(frozen=True)
class DatasetLoad:
    """What one document did to one dataset. rows_in == rows_out + quarantined, always."""

    rows_in: int
    rows_out: int
    quarantined: int
    quarantine_uri: str | None
    partitions: dict[Partition, PartitionLoad]
    unknown_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    preview: Callable[[], list[dict[str, Any]]] = field(default=list, compare=False, repr=False)
    """The first rows as JSON can hold them, without personal data; made when asked for."""


@dataclass(frozen=True)
class LoadResult:
    """The answer of `load_document`. `decisions` holds each decision with its evidence, ready for JSON."""

    report_id: str
    sha256: str
    compressed_bytes: int
    plain_bytes: int
    archive_uri: str
    decisions: dict[str, Any]
    warnings: list[str]
    datasets: dict[str, DatasetLoad]

    @property
    def rows(self) -> dict[str, int]:
        return {name: d.rows_out for name, d in self.datasets.items()}

    @property
    def quarantined(self) -> int:
        return sum(d.quarantined for d in self.datasets.values())

    @property
    def is_empty(self) -> bool:
        """True when the document is whole and says that there is nothing."""
        return all(d.rows_in == 0 for d in self.datasets.values())
