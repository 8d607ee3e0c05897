"""Which partitions of the lake a report may replace, and what it changes in those that an older one had filled.
Asked by the load before anything becomes visible; comparing two files is `restatement.py`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord, ReportStatus
from spapi_assets.datasets.model import Dataset, Report, WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.fanout import part_of
from spapi_assets.ingest.windows import final_at
from spapi_assets.lake.layout import Partition, partition_object

_MARGIN = timedelta(days=2)  # a document names its own days; they may lie just outside its window


class Replacing:
    """One report against what lies in the lake. The facts of a dataset are read once, when its first partition asks."""

    def __init__(self, ctx: IngestContext, report: Report, record: ReportRecord) -> None:
        self.ctx, self.report, self.record = ctx, report, record
        self.part = part_of(report, record.options, str(record.report_id))
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
            return restatement.compare(dataset, before, local).as_item()

    def _there(self, dataset: str, partition: Partition) -> PartitionFacts | None:
        if dataset not in self._known:
            record = self.record
            facts = self.ctx.ledger.partitions(dataset, record.account_key, record.start - _MARGIN, record.end + _MARGIN)
            self._known[dataset] = {f.day: f for f in facts if f.day is not None and f.part == self.part}
        return self._known[dataset].get(partition.day)
