"""The archive: Amazon's exact bytes, kept for ever, and beside them a manifest with everything known about them.
Written by `documents/load.py`, read by `replay.py`; rows and Parquet are not its business.

The archived bytes hold personal data if the report does: restrict who may read `archive/`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from spapi_assets.datasets.model import Source
from spapi_assets.ingest.documents.context import DocumentContext, LoadResult
from spapi_assets.lake.layout import archive_folder
from spapi_assets.lake.store import Lake

VERSION = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ArchivedDocument:
    """A manifest, read back. `status` is loaded, rejected (why is in `error`) or received (the load broke off)."""

    folder: str
    object: str
    status: str
    manifest: dict[str, Any]

    @property
    def report_name(self) -> str:
        return self.manifest["report"]["name"]

    @property
    def account(self) -> str:
        return self.manifest["account"]

    @property
    def created(self) -> datetime:
        return datetime.fromisoformat(self.manifest["created"])

    @property
    def options(self) -> dict[str, str]:
        """The options the report was asked with. Amazon never repeats them; a document loaded by hand has its entry's."""
        request: dict[str, Any] = self.manifest["extra"].get("request") or {}
        return dict(request.get("options") or self.manifest["report"]["options"])

    @property
    def page(self) -> int:
        """Which page of an answer in pages; 1 where there are none."""
        return int((self.manifest["extra"].get("request") or {}).get("page", 1))

    def context(self, report: Source, *, pii_columns: frozenset[str] | None = None) -> DocumentContext:
        """The context of the first load, with today's registry entry; PII columns as they were unless given."""
        m = self.manifest
        return DocumentContext(
            report=report,
            account=m["account"],
            marketplace=m["marketplace"],
            report_id=m["report_id"],
            document_id=m["document_id"],
            start=date.fromisoformat(m["start"]),
            end=date.fromisoformat(m["end"]),
            created=self.created,
            content_type=m["content_type"],
            content_encoding=m["content_encoding"],
            compression=m["compression"],
            marketplace_ids=tuple(m["marketplace_ids"]),
            options=self.options,
            page=self.page,
            pii_columns=frozenset(m["pii_columns"]) if pii_columns is None else pii_columns,
            extra=m["extra"],
        )


def folder_of(context: DocumentContext) -> str:
    return archive_folder(context.account, context.report.name, context.report_id, context.created.astimezone(UTC).date())


def object_of(context: DocumentContext, *, compressed: bool) -> str:
    return f"{folder_of(context)}/document.{context.report.format}{'.gz' if compressed else ''}"


def manifest_of(
    context: DocumentContext,
    *,
    status: str,
    archived: str,
    sha256: str,
    compressed_bytes: int,
    result: LoadResult | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    """Everything that replay needs to rebuild the Parquet files and the ledger's record, as JSON."""
    report = context.report
    manifest: dict[str, Any] = {
        "version": VERSION,
        "status": status,
        "error": error,
        "object": archived.rsplit("/", 1)[-1],
        "sha256": sha256,
        "bytes": compressed_bytes,
        "report": {"name": report.name, "report_type": report.report_type, "format": report.format, "options": report.options},
        "account": context.account,
        "marketplace": context.marketplace,
        "marketplace_ids": list(context.marketplace_ids),
        "report_id": context.report_id,
        "document_id": context.document_id,
        "start": context.start.isoformat(),
        "end": context.end.isoformat(),
        "created": context.created.isoformat(),
        "loaded_at": context.loaded_at.isoformat(),
        "content_type": context.content_type,
        "content_encoding": context.content_encoding,
        "compression": context.compression,
        "pii_columns": sorted(context.pii_columns),
        "extra": dict(context.extra),
    }
    if result is not None:
        manifest["plain_bytes"] = result.plain_bytes
        manifest["decisions"] = result.decisions
        manifest["warnings"] = result.warnings
        manifest["datasets"] = {
            name: {
                "rows_in": d.rows_in,
                "rows_out": d.rows_out,
                "quarantined": d.quarantined,
                "unknown_columns": list(d.unknown_columns),
                "missing_columns": list(d.missing_columns),
                "days": {p.day.isoformat(): {"rows": part.rows, "bytes": part.bytes} for p, part in d.partitions.items()},
            }
            for name, d in result.datasets.items()
        }
    return manifest


def archived_document(lake: Lake, folder: str) -> ArchivedDocument | None:
    """What lies in one folder of the archive; None without a manifest, which is written last."""
    path = f"{folder}/{MANIFEST}"
    if not lake.exists(path):
        return None
    manifest = lake.read_json(path)
    return ArchivedDocument(folder, f"{folder}/{manifest['object']}", manifest["status"], manifest)


def archived_documents(lake: Lake, report_name: str | None = None, account: str | None = None) -> Iterator[ArchivedDocument]:
    """All archived documents with a manifest. One without (a load that was killed) does not count: it may be incomplete."""
    prefix = "archive" if report_name is None else f"archive/{report_name}"
    for path in lake.list(prefix):
        if not path.endswith(f"/{MANIFEST}"):
            continue
        manifest = lake.read_json(path)
        if account is not None and manifest["account"] != account:
            continue
        folder = path.rsplit("/", 1)[0]
        yield ArchivedDocument(folder, f"{folder}/{manifest['object']}", manifest["status"], manifest)
