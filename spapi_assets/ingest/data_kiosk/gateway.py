"""Data Kiosk as the flow of reports sees it: a query has the same life as a report, so it is told in the same words.
Only the translation is here; when to ask is `requesting.py`, what an end means `outcomes.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from spapi_assets.aws.ledger_records import ReportRecord
from spapi_assets.datasets.model import Report
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.data_kiosk.query import query_text
from spapi_assets.spapi.data_kiosk import QueryInfo, normalised

# Query ids and report ids are counted apart by Amazon; the ledger and the archive hold both.
PREFIX = "query-"


@dataclass(frozen=True)
class Told:
    """What Amazon says about a query, as the ledger takes outcomes. `document_id`: the data, or the reason when FATAL."""

    report_id: str
    status: str
    document_id: str | None
    created: datetime | None
    processing_end: datetime | None
    next_token: str | None
    text: str = ""


def told(info: QueryInfo) -> Told:
    document = info.error_document_id if info.status == "FATAL" else info.data_document_id
    return Told(
        PREFIX + info.query_id,
        info.status,
        document,
        info.created,
        info.processing_end,
        info.next_token,
        normalised(info.query),
    )


def text_of(ctx: IngestContext, report: Report, record: ReportRecord) -> str:
    """The text of a request, the same for all of its pages."""
    return query_text(report, record.options, record.start, record.end, ctx.settings.account(record.account))


def create(ctx: IngestContext, report: Report, record: ReportRecord, *, reserve: float) -> str:
    """One call of createQuery, for the page that the record is. Errors are those of `DataKioskApi.create_query`."""
    text = text_of(ctx, report, record)
    return PREFIX + ctx.apis(record.account).data_kiosk.create_query(text, record.token, reserve=reserve, max_wait=0.0)


def get(ctx: IngestContext, record: ReportRecord, *, max_wait: float) -> Told:
    """What Amazon says about a record's query now."""
    query_id = str(record.report_id).removeprefix(PREFIX)
    return told(ctx.apis(record.account).data_kiosk.get_query(query_id, max_wait=max_wait))


def listed(ctx: IngestContext, account: str, since: datetime) -> list[Told]:
    """Every query of the selling partner made since then: one call of 80 an hour for a hundred."""
    return [told(info) for info in ctx.apis(account).data_kiosk.queries(created_since=since, max_wait=5.0)]
