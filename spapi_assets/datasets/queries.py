"""What a report of Data Kiosk states beside its columns: lists its sections pass through, and fields kept inside JSON columns.
Only data lives here; the query's text is built by `ingest/data_kiosk/query.py` from these and the columns' paths."""

from __future__ import annotations

from pydantic import Field

from spapi_assets.datasets.entry import Entry


class Query(Entry):
    """Marks a report as a Data Kiosk query. Its `report_type` is `root.field`, its `options` are the field's arguments as
    GraphQL values; startDate and endDate come from the window."""

    lists: tuple[str, ...] = Field((), description="Lists that sections pass through without rows of their own")
    select: tuple[str, ...] = Field((), description="Fields below columns that keep JSON: a query must name every leaf")
