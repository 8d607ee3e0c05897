"""Where one dataset's rows of one document go while it is read: partitions, quarantine, counts and preview.
Reading is `tsv.py` and `json_document.py`; making the result visible is `load.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents.context import DatasetLoad, DocumentContext, PartitionLoad
from spapi_assets.ingest.documents.days import Days
from spapi_assets.ingest.documents.errors import RowsLost, UnreadableDocument
from spapi_assets.ingest.documents.flatfile import Batch
from spapi_assets.ingest.documents.partitions import PartitionWriter
from spapi_assets.ingest.documents.quarantine import Quarantine
from spapi_assets.ingest.windows import partition_days
from spapi_assets.lake.layout import Partition, partition_object, quarantine_object
from spapi_assets.lake.parquet import LINEAGE, parquet_schema
from spapi_assets.lake.store import Lake, Stage

PREVIEW_ROWS = 10


class Sink:
    """Collects batches; `finish` assigns every finished file its place in the lake."""

    def __init__(
        self, dataset: Dataset, context: DocumentContext, stage: Stage, sha256: Callable[[], str], unknown: Sequence[str]
    ) -> None:
        self.dataset, self.context, self.stage = dataset, context, stage
        self.days = Days(dataset, context)
        self.unknown = tuple(unknown)
        self.missing: tuple[str, ...] = ()
        self.rows_in = 0

        def lineage() -> Mapping[str, Any]:
            # The hash is known when the body has come whole, which may be after its first rows were read.
            return {
                "_report_id": context.report_id,
                "_document_sha256": sha256(),
                "_loaded_at": context.loaded_at.astimezone(UTC),
            }

        schema = parquet_schema(dataset, pii_columns=context.pii_columns, unknown=self.unknown)
        self._writer = PartitionWriter(stage.scratch, schema, lineage, self.days.fixed)
        self._quarantine = Quarantine(stage.scratch(), lineage)
        self._document_day: date | None = None
        self._leading: list[pa.Table] = []
        self._leading_rows = 0

    def add(self, batch: Batch) -> None:
        self._quarantine.add(batch.rejected)
        self._document_day = self._document_day or batch.first_day
        count = min(PREVIEW_ROWS - self._leading_rows, batch.table.num_rows)
        if count > 0:
            # A copy, because a slice would keep the whole batch in memory for as long as the result lives.
            self._leading.append(batch.table.take(pa.array(np.arange(count))))
            self._leading_rows += count
        self._writer.add(self._with_options(batch.table))

    def _preview(self) -> list[dict[str, Any]]:
        hidden = {*(f.name for f in LINEAGE if f.name != "_row"), *(c.name for c in self.dataset.columns if c.pii)}
        names = [name for name in self._writer.schema.names if name not in hidden]
        rows = (row for table in self._leading for row in table.to_pylist())
        return [{name: _plain(row.get(name)) for name in names} for row in rows]

    def _with_options(self, table: pa.Table) -> pa.Table:
        """The columns whose values stand in the request and not in the rows."""
        for column in self.dataset.columns:
            if column.option is not None:
                value = self.context.options.get(column.option)
                table = table.append_column(column.name, pa.repeat(pa.scalar(value, pa.string()), table.num_rows))
        return table

    def abandon(self) -> None:
        self._writer.abandon()
        self._quarantine.abandon()

    @property
    def reasons(self) -> dict[str, int]:
        return self._quarantine.reasons

    def finish(self, lake: Lake) -> DatasetLoad:
        """Closes the files, proves that no row was lost, and names where each file belongs. Publishes nothing."""
        context = self.context
        files: dict[date | None, tuple[Any, int]] = dict(self._writer.close())
        quarantined, rows_out = self._quarantine.count, self._writer.rows
        if self.rows_in != rows_out + quarantined:
            context.fail(
                RowsLost,
                f"Of {self.rows_in} rows for {self.dataset.name}, {rows_out} were read and {quarantined} quarantined:"
                " the sum does not match",
                "This is a defect of the program: please report it with the archived document's manifest.",
            )
        if self.days.by_document and None in files:
            if self._document_day is None:
                context.fail(
                    UnreadableDocument,
                    f"No row has a {self.dataset.date_column}, so the day of dataset {self.dataset.name} is unknown",
                    "Look at the archived document; the registry may lack a spelling of that column.",
                )
            files = {self._document_day: files[None]}
        for day in self._days_asked():
            if day not in files:
                files[day] = (self._writer.empty(), 0)
        partitions: dict[Partition, PartitionLoad] = {}
        for day in sorted(d for d in files if d is not None):
            local, rows = files[day]
            partition = context.partition(day)
            if not context.accepts(self.dataset.name, partition):
                continue  # a newer report of this day is loaded: this document is archived, but replaces nothing
            path = partition_object(self.dataset.name, partition, context.part)
            changes = context.compare(self.dataset, partition, local) if context.compare else None
            self.stage.assign(local, path)
            partitions[partition] = PartitionLoad(rows, lake.uri(path), local.stat().st_size, changes)
        quarantine_path = quarantine_object(self.dataset.name, context.account_key, context.report_id)
        local_quarantine = self._quarantine.close()
        if local_quarantine is not None:
            self.stage.assign(local_quarantine, quarantine_path)
        return DatasetLoad(
            self.rows_in,
            rows_out,
            quarantined,
            lake.uri(quarantine_path) if local_quarantine else None,
            partitions,
            self.unknown,
            self.missing,
            self._preview,  # most loads are never looked at
        )

    def _days_asked(self) -> list[date]:
        if self.days.fixed is not None:
            return [self.days.fixed]
        if self.days.by_document:
            return []
        return partition_days(self.context.report, self.context.start, self.context.end)


def _plain(value: Any) -> Any:
    """A value as JSON can hold it, for the preview."""
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
