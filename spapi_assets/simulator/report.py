"""One report: what was asked, where its life stands, and how the API describes it. The book of all of them is reports.py."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.clock import iso
from spapi_assets.simulator.faults import Fault
from spapi_assets.simulator.rendering import ListedReport

FINAL = frozenset({"DONE", "CANCELLED", "FATAL"})


@dataclass
class Report:
    """One report. `outcome` is its final status once it has one; before that the clock decides."""

    report_id: str
    account: Account
    report_type: str
    marketplace_ids: tuple[str, ...]
    options: dict[str, str]
    start: datetime
    end: datetime
    created: datetime
    starts_at: datetime
    finishes_at: datetime
    schedule_id: str | None = None
    refused: str | None = None  # the status it will end with because it was asked for too often
    fault: Fault | None = None
    outcome: str | None = None
    document_id: str | None = None
    listed: ListedReport | None = None
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def status(self, now: datetime) -> str:
        if self.outcome:
            return self.outcome
        return "IN_PROGRESS" if now >= self.starts_at else "IN_QUEUE"

    def describe(self, now: datetime) -> dict[str, Any]:
        """The Report object of the API. Options are never part of it."""
        status = self.status(now)
        answer: dict[str, Any] = {
            "reportId": self.report_id,
            "reportType": self.report_type,
            "marketplaceIds": list(self.marketplace_ids),
            "dataStartTime": iso(self.start),
            "dataEndTime": iso(self.end),
            "createdTime": iso(self.created),
            "processingStatus": status,
        }
        if self.schedule_id:
            answer["reportScheduleId"] = self.schedule_id
        if status != "IN_QUEUE" and self.starts_at <= self.finishes_at:
            answer["processingStartTime"] = iso(self.starts_at)
        if status in FINAL:
            answer["processingEndTime"] = iso(self.finishes_at)
        if self.document_id:
            answer["reportDocumentId"] = self.document_id
        return answer
