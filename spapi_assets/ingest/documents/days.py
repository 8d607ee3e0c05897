"""Which day's partition each row of a batch belongs to, and whether it was asked for.
Writing the days is `partitions.py`; a row whose day was not asked for is the quarantine's."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from spapi_assets.datasets.model import ColumnType, Dataset, DayOf, Period
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.fanout import READ, SOME
from spapi_assets.ingest.windows import period

DAY = "_day"


class Days:
    """The day rule of one dataset in one document."""

    def __init__(self, dataset: Dataset, context: DocumentContext) -> None:
        self.dataset, self.context = dataset, context
        self.fixed: date | None = None
        if dataset.day_of is DayOf.WINDOW:
            if (context.start, context.end) != period(context.report, context.start):
                raise ValueError(
                    f"Dataset {dataset.name} has no date in its rows, so its report {context.report.name} can only be asked for"
                    f" one {context.report.window.period} at a time; report {context.report_id} covers {context.start} to"
                    f" {context.end}."
                )
            self.fixed = context.start
        elif dataset.day_of is DayOf.FETCH:
            self.fixed = context.created.date()
        self.by_row = dataset.day_of is DayOf.COLUMN
        self.by_document = dataset.day_of is DayOf.DOCUMENT
        if context.options.get(READ) == SOME:  # what changed lies where it was read: its own days hold whole readings
            self.fixed, self.by_row, self.by_document = context.created.date(), False, False
        # A day of the window is UTC's or the marketplace's, and so must be the day of a timestamp.
        self.zone: str | None = None
        if self.by_row and context.report.window.time_zone == "marketplace" and context.marketplaces:
            zones = {m.time_zone for m in context.marketplaces}
            self.zone = zones.pop() if len(zones) == 1 else None

    def of(self, table: pa.Table) -> pa.Array:
        """date32 per row, from the date column."""
        name = self.dataset.date_column
        assert name is not None
        column = table.column(name).combine_chunks()
        if self.dataset.column(name).type is ColumnType.TIMESTAMP:
            if self.zone:
                column = column.cast(pa.timestamp("us", tz=self.zone))
            column = column.cast(pa.date32())
        kind = self.context.report.window.period
        if kind is not Period.DAY:  # a partition is keyed by its period's first day
            column = pc.floor_temporal(column, unit=kind.value, week_starts_monday=False)
        return column

    def inside(self, days: pa.ChunkedArray) -> bool:
        """True when every row has a day, and one that was asked for."""
        if days.null_count:
            return False
        bounds = pc.min_max(days)
        first, last = bounds["min"].as_py(), bounds["max"].as_py()
        return first is None or (self.context.start <= first and last <= self.context.end)

    def asked_for(self, days: pa.Array) -> pa.Array:
        """True where the day was asked for; false for others and for rows without a day."""
        asked = pc.and_(pc.greater_equal(days, pa.scalar(self.context.start)), pc.less_equal(days, pa.scalar(self.context.end)))
        return pc.fill_null(asked, False)

    def first(self, table: pa.Table) -> date | None:
        """The day of the first row that has one (day_of document)."""
        if not table.num_rows:
            return None
        present = self.of(table).drop_null()
        return present[0].as_py() if len(present) else None

    def mark(self, table: pa.Table) -> pa.Table:
        """The table with each row's day in a column DAY, where rows decide their day."""
        return table.append_column(DAY, self.of(table)) if self.by_row else table
