"""From a finished report to the lake: URL, download, `load_document`, Glue, partition facts, and last the ledger's "loaded".
Killed at any point and run again, it ends in the same state; an older report never replaces a newer one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from spapi_assets.aws.ledger import LedgerError, PartitionFacts, ReportRecord, ReportStatus, Verdict
from spapi_assets.aws.ledger_pages import head_id
from spapi_assets.aws.ledger_records import encode
from spapi_assets.datasets.model import Report, Source
from spapi_assets.ingest.archive import ArchivedDocument, archived_document, folder_of
from spapi_assets.ingest.context import AccountApis, IngestContext
from spapi_assets.ingest.creating import marketplace_ids
from spapi_assets.ingest.data_kiosk import gateway as kiosk
from spapi_assets.ingest.data_kiosk.pages import later_pages
from spapi_assets.ingest.data_kiosk.parts import clear_later_pages, of_all_pages
from spapi_assets.ingest.documents.context import DatasetLoad, DocumentContext, LoadResult, PartitionLoad
from spapi_assets.ingest.documents.errors import DocumentError, TruncatedDocument, WrongDocument
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.fanout import part_of
from spapi_assets.ingest.feeding import feed
from spapi_assets.ingest.holders import holder, is_dead
from spapi_assets.ingest.outcomes import retry_at
from spapi_assets.ingest.replacing import Replacing
from spapi_assets.ingest.windows import partition_days
from spapi_assets.lake.layout import Partition, partition_object
from spapi_assets.lake.parquet import parquet_schema, write_empty
from spapi_assets.spapi.documents import ReportDocument
from spapi_assets.spapi.errors import (
    DocumentUrlExpired,
    IncompleteDownload,
    MissingRole,
    NotFound,
    SpApiError,
    Throttled,
    TransientError,
)

_CHUNK = 1 << 20
_LONGEST_RETRY = timedelta(hours=24)
_KEPT_HEADERS = ("Content-Type", "Content-Encoding", "Content-Length", "Last-Modified", "ETag")


class LoadBusy(TransientError):
    """Another process is loading this report of this account; try again when it is done."""


def load_report(ctx: IngestContext, record: ReportRecord, *, max_wait: float = 60.0) -> LoadResult | None:
    """Load a finished report; None when it is loaded already (nothing is done twice).

    `max_wait`: seconds to wait for quota and for another loader of the same report and account. Raises Throttled (wait),
    LoadBusy, DocumentError or SpApiError; every failure but Throttled and LoadBusy is in the ledger as the record's reason.
    """
    report = ctx.registry.reports[record.report]
    with exclusive(ctx, f"load#{record.report}#{record.account_key}", max_wait):
        current = ctx.ledger.get(record.request_id)
        if current is None:
            raise LedgerError(f"The ledger has no request {record.request_id} ({record}).")
        if current.loaded_at is not None:
            return None
        if not current.ready:
            raise LedgerError(f"{current} is {current.status} and cannot be loaded.")
        try:
            if current.status is ReportStatus.DONE:
                later = [_load_page(ctx, report, page, max_wait) for page in later_pages(ctx, current)]
                result = _load_done(ctx, report, current, max_wait)
            else:
                later, result = [], _load_empty(ctx, report, current)
        except Throttled:
            raise
        except (WrongDocument, NotFound) as error:
            _ask_again(ctx, report, current, error)
            raise
        except (DocumentError, SpApiError) as error:
            delay = min(_LONGEST_RETRY, timedelta(seconds=ctx.times.load_retry) * 4**current.load_failures)
            ctx.ledger.load_failed(current, str(error), ctx.now() + delay)
            raise
        remember(ctx, report, current, result)
        return of_all_pages(result, later)


def load_again(
    ctx: IngestContext, record: ReportRecord, archived: ArchivedDocument | None, *, max_wait: float = 60.0
) -> LoadResult:
    """Write a report's rows once more with today's registry, from its archived bytes (None: a confirmed empty window).

    Makes no API call and only reads the archived bytes; catalog, facts and record are brought up to date as in a first load.
    """
    report = ctx.registry.sources[record.report]
    with exclusive(ctx, f"load#{record.report}#{record.account_key}", max_wait):
        if archived is None:
            result = _load_empty(ctx, report, record)
        else:
            context = archived.context(report, pii_columns=ctx.settings.pii_columns)
            # A document that was refused once stands in the ledger as FATAL; what it holds is as good as any other's.
            replacing = Replacing(ctx, report, replace(record, status=ReportStatus.DONE))
            context = replace(context, accept=replacing.accept, compare=replacing.compare)
            result = load_document(_file(ctx, archived.object), context, ctx.lake)
        remember(ctx, report, record, result)
        return result


def _ask_again(ctx: IngestContext, report: Report, record: ReportRecord, error: Exception) -> None:
    """The document is gone or does not answer the question: the days are asked for again, a bounded number of times."""
    history = ctx.ledger.records(record.report, record.account_key, record.start, record.end)
    failures = 1 + sum(r.status is ReportStatus.FATAL for r in history)
    again = retry_at(report, Verdict.RETRYABLE, failures, ctx.now())
    ctx.ledger.unusable(record, Verdict.RETRYABLE, str(error), again)


def _load_page(ctx: IngestContext, report: Report, page: ReportRecord, max_wait: float) -> LoadResult | None:
    """A later page into its own object of each partition; None if a former load, killed since, got that far."""
    if page.loaded_at is not None:
        return None
    result = _load_done(ctx, report, page, max_wait)
    remember(ctx, report, page, result)
    return result


def _load_done(ctx: IngestContext, report: Report, record: ReportRecord, max_wait: float) -> LoadResult:
    archived = _archived(ctx, report, record)
    if archived is not None:  # a load was cut off after the archive had the whole document: no second download
        context = document_context(ctx, report, record, **_as_received(archived))
        return load_document(_file(ctx, archived.object), context, ctx.lake)
    for attempt in (1, 2):
        try:
            return _download_and_load(ctx, report, record, max_wait)
        except (DocumentUrlExpired, IncompleteDownload, TruncatedDocument):
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


def _download_and_load(ctx: IngestContext, report: Report, record: ReportRecord, max_wait: float) -> LoadResult:
    apis = ctx.apis(record.account)
    document_id = record.document_id
    if document_id is None and report.query is not None:
        # A query without data is DONE and has no document; one look makes certain that nothing was lost on the way.
        document_id = kiosk.get(ctx, record, max_wait=max_wait).document_id
        if document_id is None:
            return _load_empty(ctx, report, replace(record, reason="The query found no data, so Amazon made no document."))
    elif document_id is None:
        info = apis.reports.get_report(str(record.report_id), max_wait=max_wait)
        if info.document_id is None:
            raise NotFound(f"Amazon says {record} is DONE but names no document.", account=record.account, operation="getReport")
        document_id = info.document_id
    document = _open(apis, report, document_id, max_wait)
    ctx.ledger.spent(record, "getReportDocument" if report.query is None else "getDocument")
    api = apis.reports if report.query is None else apis.data_kiosk
    with api.download(document, chunk_size=_CHUNK) as stream:
        headers = stream.headers
        context = document_context(
            ctx,
            report,
            record,
            document_id=document_id,
            content_type=headers.get("Content-Type"),
            content_encoding=headers.get("Content-Encoding"),
            compression=document.compression,
            headers={name: headers[name] for name in _KEPT_HEADERS if name in headers},
        )
        return load_document(stream.iter_raw(), context, ctx.lake)


def _open(apis: AccountApis, report: Report, document_id: str, max_wait: float) -> ReportDocument:
    """The document's address, with a restricted data token where the registry says so or Amazon insists.

    Of some types with a restricted role nobody documents whether they need one; the Tokens API refuses those that do not.
    """
    if report.query is not None:
        return apis.data_kiosk.get_document(document_id, max_wait=max_wait)
    if report.restricted:
        token = apis.tokens.for_report_document(document_id)
        return apis.reports.get_report_document(document_id, token, max_wait=max_wait)
    try:
        return apis.reports.get_report_document(document_id, None, max_wait=max_wait)
    except MissingRole as denied:
        try:
            token = apis.tokens.for_report_document(document_id)
        except SpApiError:
            raise denied from None
        return apis.reports.get_report_document(document_id, token, max_wait=max_wait)


def document_context(
    ctx: IngestContext, report: Source, record: ReportRecord, *, headers: dict[str, str], **known: Any
) -> DocumentContext:
    account = ctx.settings.account(record.account)
    request = {k: v for k, v in encode(record).items() if k not in ("pk", "sk", "gsi_pk", "gsi_sk")}
    replacing = Replacing(ctx, report, record)
    return DocumentContext(
        report=report,
        account=record.account,
        marketplace=record.marketplace,
        report_id=str(record.report_id),
        start=record.start,
        end=record.end,
        created=record.created_at or ctx.now(),
        marketplace_ids=tuple(marketplace_ids(account, report, record.marketplace)),
        options=record.options,
        pii_columns=ctx.settings.pii_columns,
        loaded_at=ctx.now(),
        page=record.page,
        extra={"request": request, "headers": headers},
        accept=replacing.accept,
        compare=replacing.compare,
        **known,
    )


def _archived(ctx: IngestContext, report: Report, record: ReportRecord) -> ArchivedDocument | None:
    """The archived document of this report, if a former load got that far. The manifest is written last."""
    if record.created_at is None:
        return None
    probe = document_context(ctx, report, record, headers={}, document_id=record.document_id or "")
    return archived_document(ctx.lake, folder_of(probe))


def _as_received(archived: ArchivedDocument) -> dict[str, Any]:
    manifest = archived.manifest
    known = {name: manifest[name] for name in ("document_id", "content_type", "content_encoding", "compression")}
    return {**known, "headers": manifest["extra"].get("headers", {})}


def _file(ctx: IngestContext, path: str) -> Iterator[bytes]:
    with ctx.lake.open_input(path) as file:
        while data := file.read(_CHUNK):
            yield data


def _load_empty(ctx: IngestContext, report: Source, record: ReportRecord) -> LoadResult:
    """A confirmed empty window: schema-only files, so that downstream can tell empty from missing."""
    replacing = Replacing(ctx, report, record)
    part, days = replacing.part, partition_days(report, record.start, record.end)
    datasets: dict[str, DatasetLoad] = {}
    with ctx.lake.stage() as stage:
        for dataset in report.datasets:
            partitions: dict[Partition, PartitionLoad] = {}
            schema = parquet_schema(dataset, pii_columns=ctx.settings.pii_columns)
            for day in days:
                partition = Partition(record.account, record.marketplace, day)
                if replacing.accept(dataset.name, partition):
                    path = partition_object(dataset.name, partition, part)
                    partitions[partition] = PartitionLoad(0, ctx.lake.uri(path), write_empty(stage.file(path), schema))
            datasets[dataset.name] = DatasetLoad(0, 0, 0, None, partitions)
        stage.publish()
    return LoadResult(str(record.report_id), "", 0, 0, "", {"empty": True, "evidence": record.reason}, [], datasets)


def remember(ctx: IngestContext, report: Source, record: ReportRecord, result: LoadResult) -> None:
    """Catalog, facts, identifiers, and the record itself, in this order: each step may be repeated."""
    created, loaded_at = record.created_at or ctx.now(), ctx.now()
    part = part_of(report, record.options, str(record.report_id), record.page)
    pages = ctx.ledger.pages(record) if record.page == 1 and record.next_token is not None else [record]
    if isinstance(report, Report) and report.query is not None and record.page == 1:
        clear_later_pages(ctx, report, pages)
    for dataset in report.datasets:
        load = result.datasets.get(dataset.name)
        if load is None:
            continue
        if ctx.catalog is not None:
            ctx.catalog.register(report, dataset, load.partitions)
        facts = {
            partition: PartitionFacts(
                rows=written.rows,
                report_id=str(record.report_id),
                request_id=record.request_id,
                sha256=result.sha256 or None,
                created_at=created,
                loaded_at=loaded_at,
                part=part,
                uri=written.uri,
                bytes=written.bytes,
                changes=written.changes,
            )
            for partition, written in load.partitions.items()
        }
        for partition in ctx.ledger.put_partitions(dataset.name, facts):
            _restore_newer(ctx, dataset.name, partition, part)
        feed(ctx, dataset, facts, part, gaps=load.quarantined > 0)
    ctx.ledger.loaded(record, result, pages[1:])


def _restore_newer(ctx: IngestContext, dataset: str, partition: Partition, part: str) -> None:
    """A newer report was loaded while this one was being written (its lease had run out): load the newer one again."""
    day: date = partition.day
    for facts in ctx.ledger.partitions(dataset, partition.account_key, day, day):
        newer = ctx.ledger.get(facts.request_id) if facts.part == part else None
        if newer is not None and newer.loaded_at is not None:
            ctx.ledger.reopen(newer)
            head = ctx.ledger.get(head_id(newer)) if newer.page > 1 else None
            if head is not None:
                ctx.ledger.reopen(head)  # a page is loaded with its request


@contextmanager
def exclusive(ctx: IngestContext, name: str, max_wait: float) -> Iterator[None]:
    """One loader at a time per report and account; a killed one's lease runs out by itself, on the same machine at once."""
    owner = holder()
    seconds, deadline = ctx.times.load_lease, ctx.monotonic() + max_wait
    while not ctx.ledger.lease(name, owner, seconds):
        if (other := ctx.ledger.leased_by(name)) and is_dead(other):
            ctx.ledger.release(name, other)
            continue
        if ctx.monotonic() >= deadline:
            raise LoadBusy(f"{name.replace('#', ' ')} is being loaded by another process; it is tried again by itself.")
        ctx.sleep(min(1.0, seconds / 4))
    done = threading.Event()

    def renew() -> None:
        while not done.wait(seconds / 4):
            ctx.ledger.lease(name, owner, seconds)

    heartbeat = threading.Thread(target=renew, name="load-lease", daemon=True)
    heartbeat.start()
    try:
        yield
    finally:
        done.set()
        heartbeat.join()
        ctx.ledger.release(name, owner)
