"""Pages become one archived document, typed Parquet, catalog partitions, partition facts and a ledger record, as a report does.
Asking for the pages is `finish.py`; the same for Amazon's messages is `ingest/notifications/`."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from spapi_assets.aws.denials import deny
from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.model import ApiSource
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.documents.context import DocumentContext, LoadResult
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.load import document_context, remember
from spapi_assets.ingest.reading.spool import Spool
from spapi_assets.lake.layout import Partition
from spapi_assets.lake.store import Lake

_GZIP = 31  # zlib's window bits for a gzip frame


def load_pages(
    ctx: IngestContext,
    source: ApiSource,
    account_key: str,
    pages: Iterable[bytes],
    *,
    reading_id: str,
    started: datetime,
    start: date,
    end: date,
    options: Mapping[str, str] | None = None,
    calls: Callable[[], int] | None = None,
    gap: Callable[[], str | None] = lambda: None,
) -> LoadResult:
    """Archive the pages (JSON texts as `call.page_text` writes them) as one document and load it; safe to repeat.

    `started` is the age of the data: a reading that began later replaces it. The pages may come as slowly as they are asked
    for; `calls`, what they cost, and `gap`, a sentence about what is not among them, are asked when all are there. Raises
    DocumentError when the pages are not what the registry says, and what the pages raise; nothing is loaded then.
    """
    record = record_of(source, account_key, reading_id, started, start, end, options or {})
    context = _context(ctx, source, record, reading_id)
    result = load_document(_document(pages), context, ctx.lake)
    if calls is not None:
        record = replace(record, quota={source.report_type: calls()})
    if reason := gap():
        record = replace(record, verdict=Verdict.RETRYABLE, reason=reason[:2000])
    ctx.ledger.restore(record)  # not before: a record that is DONE and not loaded would look as if it waited for a loader
    remember(ctx, source, record, result)
    return result


def try_pages(
    ctx: IngestContext,
    source: ApiSource,
    account_key: str,
    pages: Iterable[bytes],
    scratch: Lake,
    *,
    reading_id: str,
    started: datetime,
    start: date,
    end: date,
    options: Mapping[str, str] | None = None,
) -> LoadResult:
    """What `load_pages` would make of the pages, in another lake, without a trace in ledger or archive. Raises DocumentError."""
    record = record_of(source, account_key, reading_id, started, start, end, options or {})
    context = _context(ctx, source, record, reading_id)
    return load_document(_document(pages), replace(context, accept=None, compare=None), scratch, archive=False)


def _context(ctx: IngestContext, source: ApiSource, record: ReportRecord, reading_id: str) -> DocumentContext:
    return document_context(
        ctx,
        source,
        record,
        headers={},
        document_id=reading_id,
        content_type="application/json",
        content_encoding=None,
        compression="GZIP",
    )


def record_of(
    source: ApiSource,
    account_key: str,
    reading_id: str,
    started: datetime,
    start: date,
    end: date,
    options: Mapping[str, str],
) -> ReportRecord:
    """A finished reading as the ledger's record: DONE, with the reading's id as the report's."""
    place = Partition.of(account_key, start)
    operation = source.report_type
    return ReportRecord(
        account=place.account,
        report=source.name,
        report_type=operation,
        marketplace=place.marketplace,
        start=start,
        end=end,
        options=dict(options),
        request_id=f"{source.name}:{account_key}:{start}:{end}:{reading_id}",
        status=ReportStatus.DONE,
        report_id=reading_id,
        document_id=reading_id,
        requested_at=started,
        created_at=started,
        finished_at=started,
        source="notification" if source.notification else "call",
    )


def refused(
    ctx: IngestContext, source: ApiSource, account_key: str, started: datetime, start: date, end: date, verdict: Verdict, why: str
) -> None:
    """Write down that Amazon refuses these days for good (role, configuration): nobody asks again unless somebody insists.

    A missing role is remembered for all days to come, as of reports: `spapi connect` lifts it.
    """
    reading_id = f"refused-{source.name}-{account_key}-{start}-{started:%Y%m%dT%H%M%S}"  # an id leads to one record only
    record = record_of(source, account_key, reading_id, started, start, end, {})
    ctx.ledger.restore(replace(record, status=ReportStatus.FATAL, verdict=verdict, reason=why[:2000], document_id=None))
    if verdict is Verdict.MISSING_ROLE:
        deny(ctx.ledger, record, why)


def unreadable(ctx: IngestContext, source: ApiSource, spool: Spool, why: str) -> None:
    """Write down that a reading's pages are in the archive and cannot be loaded: a replay with a corrected registry can."""
    record = record_of(source, spool.account_key, spool.reading_id, spool.started, spool.start, spool.end, spool.options)
    ctx.ledger.restore(replace(record, status=ReportStatus.FATAL, verdict=Verdict.RETRYABLE, reason=why[:2000]))


def _document(pages: Iterable[bytes]) -> Iterator[bytes]:
    """`{"pages": [...]}` compressed while it is read."""
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    yield packer.compress(b'{"pages": [')
    separator = b"\n"
    for page in pages:
        yield packer.compress(separator + page)
        separator = b",\n"
    yield packer.compress(b"\n]}")
    yield packer.flush()
