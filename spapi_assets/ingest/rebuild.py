"""Rebuilds the ledger from the archive's manifests: requests and partition facts, without one API call.
For a lost table or a new deployment over an old lake; what the ledger already knows stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord, ReportStatus, Verdict, adopted_request_id, decode
from spapi_assets.datasets.model import Report, WindowKind
from spapi_assets.ingest.archive import ArchivedDocument, archived_documents
from spapi_assets.ingest.context import IngestContext
from spapi_assets.lake.layout import Partition, partition_object


@dataclass
class Rebuilt:
    """What was written. Documents of reports that left the registry, and rejected ones without a request, are skipped."""

    documents: int = 0
    records: int = 0
    partitions: int = 0
    skipped: int = 0


def rebuild_ledger(ctx: IngestContext) -> Rebuilt:
    """Write every archived document's request, pointer and partition facts that the ledger lacks. Repeatable."""
    rebuilt = Rebuilt()
    for document in archived_documents(ctx.lake):
        rebuilt.documents += 1
        report = ctx.registry.reports.get(document.report_name)
        if report is None:
            rebuilt.skipped += 1
            continue
        record = record_of(document, report)
        rebuilt.records += ctx.ledger.restore(record)
        rebuilt.partitions += _facts(ctx, document, report, record)
    return rebuilt


def record_of(document: ArchivedDocument, report: Report) -> ReportRecord:
    """The request as the manifest remembers it, brought to the state its document is in."""
    manifest = document.manifest
    request = manifest["extra"].get("request")
    record = decode(request) if request else _from_document(manifest, report)
    record = replace(record, status=ReportStatus.DONE, document_id=manifest["document_id"])
    if document.status == "loaded":
        datasets: Mapping[str, Any] = manifest["datasets"]
        return replace(
            record,
            loaded_at=datetime.fromisoformat(manifest["loaded_at"]),
            sha256=manifest["sha256"],
            rows={name: d["rows_out"] for name, d in datasets.items()},
            quarantined=sum(d["quarantined"] for d in datasets.values()),
            reason=None,
        )
    if document.status == "rejected":
        return replace(record, status=ReportStatus.FATAL, verdict=Verdict.RETRYABLE, reason=manifest["error"])
    return record


def _from_document(manifest: Mapping[str, Any], report: Report) -> ReportRecord:
    """Documents archived without a request: loaded by hand. They count as adopted."""
    record = ReportRecord(
        account=manifest["account"],
        report=report.name,
        report_type=report.report_type,
        marketplace=manifest["marketplace"],
        start=date.fromisoformat(manifest["start"]),
        end=date.fromisoformat(manifest["end"]),
        options=dict(manifest["report"]["options"]),
        report_id=manifest["report_id"],
        adopted=True,
        requested_at=datetime.fromisoformat(manifest["created"]),
        created_at=datetime.fromisoformat(manifest["created"]),
    )
    request_id = adopted_request_id(record.report, record.account_key, record.start, record.end, str(record.report_id))
    return replace(record, request_id=request_id)


def _facts(ctx: IngestContext, document: ArchivedDocument, report: Report, record: ReportRecord) -> int:
    if document.status != "loaded":
        return 0
    part = str(record.report_id) if report.window.kind is WindowKind.HARVEST else "data"
    written = 0
    for dataset, load in document.manifest["datasets"].items():
        for day, content in load["days"].items():
            partition = Partition(record.account, record.marketplace, date.fromisoformat(day))
            facts = PartitionFacts(
                rows=content["rows"],
                report_id=str(record.report_id),
                request_id=record.request_id,
                sha256=document.manifest["sha256"],
                created_at=document.created,
                loaded_at=datetime.fromisoformat(document.manifest["loaded_at"]),
                part=part,
                uri=ctx.lake.uri(partition_object(dataset, partition, part)),
                bytes=content["bytes"],
            )
            written += ctx.ledger.put_partition(dataset, partition, facts)
    return written
