"""A request as an archived document's manifest remembers it: for a lost ledger, or a new deployment over an old lake.
Reading the archive and writing the ledger are `replaying.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus, Verdict, adopted_request_id, decode
from spapi_assets.datasets.model import Source
from spapi_assets.ingest.archive import ArchivedDocument


def record_of(document: ArchivedDocument, report: Source) -> ReportRecord:
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


def _from_document(manifest: Mapping[str, Any], report: Source) -> ReportRecord:
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
