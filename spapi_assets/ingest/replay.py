"""Rebuilds Parquet from the archive without one API call: the newest document of each partition wins, as it did at first.
Writing the ledger from the results is the caller's; so is deciding when to replay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import DayOf, Source, WindowKind
from spapi_assets.ingest.archive import ArchivedDocument, archived_documents
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.fanout import part_of
from spapi_assets.lake.store import Lake

_CHUNK = 1 << 20


def replay(
    lake: Lake,
    registry: Registry,
    report_name: str | None = None,
    account: str | None = None,
    *,
    pii_columns: frozenset[str] | None = None,
) -> Iterator[LoadResult]:
    """Loads archived documents again with today's registry, oldest first, leaving out those that newer ones replace whole.

    Documents that were rejected are tried again, for a corrected registry is what replay is for; those that still cannot be
    read are left out. Those whose load broke off (status received) are loaded now. `pii_columns` replaces the choice of
    personal data made at the first load.
    """
    found = sorted(archived_documents(lake, report_name, account), key=lambda d: (d.report_name, d.account, d.created))
    for (name, _), group in groupby(found, key=lambda d: (d.report_name, d.account)):
        report = registry.sources.get(name)
        if report is None:
            continue
        for document in needed(report, list(group)):
            try:
                yield reload(document, report, lake, pii_columns=pii_columns)
            except DocumentError:
                if document.status != "rejected":
                    raise


def reload(document: ArchivedDocument, report: Source, lake: Lake, *, pii_columns: frozenset[str] | None = None) -> LoadResult:
    """One archived document, loaded again from its archived bytes."""
    context = document.context(report, pii_columns=pii_columns)

    def chunks() -> Iterator[bytes]:
        with lake.open_input(document.object) as file:
            while data := file.read(_CHUNK):
                yield data

    return load_document(chunks(), context, lake)


def needed(report: Source, documents: list[ArchivedDocument]) -> list[ArchivedDocument]:
    """The documents, oldest first, that still decide at least one partition. `documents` come oldest first.

    Only what was loaded once makes older documents superfluous: a rejected one may be rejected again.
    """
    if report.window.kind is WindowKind.HARVEST or any(d.day_of is DayOf.DOCUMENT for d in report.datasets):
        return documents  # each has objects of its own, or shows its day only when it is read
    covered: set[tuple[str | None, str, str]] = set()  # marketplace, the request's part of the partition, day
    result: list[ArchivedDocument] = []
    for document in reversed(documents):
        part = part_of(report, document.options, document.manifest["report_id"], document.page)
        days = {(document.manifest["marketplace"], part, day) for day in _days(report, document)}
        if days - covered:
            result.append(document)
            if document.status == "loaded":
                covered |= days
    return result[::-1]


def _days(report: Source, document: ArchivedDocument) -> list[str]:
    context = document.context(report)
    if all(d.day_of is DayOf.FETCH for d in report.datasets):
        return [_day(context.created)]
    first, last = context.start.toordinal(), context.end.toordinal()
    return [context.start.fromordinal(n).isoformat() for n in range(first, last + 1)]


def _day(instant: datetime) -> str:
    return instant.astimezone(UTC).date().isoformat()
