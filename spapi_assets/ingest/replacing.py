"""Which partitions of the lake a report may replace, and what it changes in those that an older one had filled.
Asked by the load before anything becomes visible; comparing two files is `restatement.py`."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord, ReportStatus
from spapi_assets.datasets.model import Dataset, Source, WindowKind
from spapi_assets.ingest.archive import archived_document
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.fanout import part_of
from spapi_assets.ingest.windows import final_at
from spapi_assets.lake.layout import Partition, archive_folder, partition_object
from spapi_assets.lake.parquet import parquet_schema, write_empty
from spapi_assets.lake.store import Lake

_MARGIN = timedelta(days=2)  # a document names its own days; they may lie just outside its window


class Replacing:
    """One report against what lies in the lake. The facts of a dataset are read once, when its first partition asks."""

    def __init__(self, ctx: IngestContext, report: Source, record: ReportRecord) -> None:
        self.ctx, self.report, self.record = ctx, report, record
        self.part = part_of(report, record.options, str(record.report_id), record.page)
        made = record.created_at or ctx.now()
        self._mine = PartitionFacts(0, str(record.report_id), record.request_id, None, made, ctx.now(), self.part)
        self._known: dict[str, dict[date, PartitionFacts]] = {}

    def accept(self, dataset: str, partition: Partition) -> bool:
        """Whether this report may replace the partition: not where a newer report has filled it.

        A report of others never replaces a final day (it may say less: orders move to the day of their last change), and an
        empty one never replaces rows.
        """
        there, record = self._there(dataset, partition), self.record
        if there is None or there.report_id == record.report_id:
            return True
        if record.status is not ReportStatus.DONE and there.rows:
            return False
        final = final_at(self.report, partition.day, partition.marketplace)
        if record.adopted and self.report.window.kind is WindowKind.DAYS and there.created_at >= final:
            return False
        return self._mine.age > there.age

    def compare(self, dataset: Dataset, partition: Partition, local: Path) -> dict[str, Any] | None:
        """What the finished local file changes in the partition, before it is replaced; None where nothing older lies."""
        from spapi_assets.ingest import restatement

        there, path = self._there(dataset.name, partition), partition_object(dataset.name, partition, self.part)
        if there is None or there.report_id == str(self.record.report_id) or not self.ctx.lake.exists(path):
            return None
        with self.ctx.lake.open_input(path) as before:
            if _is_of(before, there):
                return restatement.compare(dataset, before, local).as_item()
        # A load that was cut off has published its rows already; what they replaced is still in the archive.
        with TemporaryDirectory() as folder:
            older = self._before(dataset, partition, there, Path(folder))
            return None if older is None else restatement.compare(dataset, older, local).as_item()

    def _before(self, dataset: Dataset, partition: Partition, there: PartitionFacts, folder: Path) -> Path | None:
        """The object as the older report had written it, made once more from its document; None if that cannot be had."""
        ctx, place = (
            self.ctx,
            archive_folder(partition.account, self.report.name, there.report_id, there.created_at.astimezone(UTC).date()),
        )
        archived, path = archived_document(ctx.lake, place), folder / partition_object(dataset.name, partition, self.part)
        if archived is not None:
            context = archived.context(self.report, pii_columns=ctx.settings.pii_columns)
            with ctx.lake.open_input(archived.object) as file, suppress(DocumentError):
                load_document(iter(lambda: file.read(1 << 20), b""), context, Lake(folder), archive=False)
        elif not there.rows:
            path.parent.mkdir(parents=True)
            write_empty(path, parquet_schema(dataset, pii_columns=ctx.settings.pii_columns))
        return path if path.exists() else None

    def _there(self, dataset: str, partition: Partition) -> PartitionFacts | None:
        if dataset not in self._known:
            record = self.record
            facts = self.ctx.ledger.partitions(dataset, record.account_key, record.start - _MARGIN, record.end + _MARGIN)
            self._known[dataset] = {f.day: f for f in facts if f.day is not None and f.part == self.part}
        return self._known[dataset].get(partition.day)


def _is_of(file: Any, facts: PartitionFacts) -> bool:
    """Whether an object of the lake holds what its facts say."""
    import pyarrow.parquet as pq

    found = pq.ParquetFile(file)
    if found.metadata.num_rows != facts.rows:
        return False
    if not facts.rows:
        return True
    return bool(found.read_row_group(0, ["_report_id"], use_threads=False).column(0)[0].as_py() == facts.report_id)
