"""Amazon in memory: reports with a status the test sets, faults on demand, a count of every call. No HTTP."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from spapi_assets.settings import Account
from spapi_assets.spapi.errors import NotFound, Throttled
from spapi_assets.spapi.reports import ReportDocument, ReportInfo


class Clock:
    """Time stands still but for a millisecond a look, so that order is kept."""

    def __init__(self, now: datetime = datetime(2026, 3, 20, 12, tzinfo=UTC)) -> None:
        self.now = now
        self.start = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def monotonic(self) -> float:
        return (self.now - self.start).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class Amazon:
    """Also the throttle: `tokens` createReport calls are free, None means any number."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.reports: dict[str, ReportInfo] = {}
        self.options: dict[str, dict[str, str]] = {}
        self.bodies: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()
        self.faults: dict[str, list[Exception]] = {}
        self.lost: list[Exception] = []  # createReport works, then this is raised
        self.tokens: int | None = None
        self.reserved: list[float] = []
        self.cool_downs: dict[str, datetime] = {}
        self._ids = itertools.count(1001)

    # throttle
    def cool_down(self, key: str, seconds: float) -> None:
        self.cool_downs[key] = self.clock() + timedelta(seconds=seconds)

    def cool_down_left(self, key: str) -> float:
        return max(0.0, (self.cool_downs.get(key, self.clock.start) - self.clock()).total_seconds())

    # APIs
    def apis(self, account: Account) -> Any:
        return SimpleNamespace(account=account, reports=_Reports(self, account.name), tokens=None)

    def add(self, account: str, report_type: str, marketplaces: Sequence[str], **facts: Any) -> ReportInfo:
        """A report as if anybody had made it."""
        info = ReportInfo(
            report_id=str(next(self._ids)),
            report_type=report_type,
            status=facts.get("status", "IN_QUEUE"),
            created=facts.get("created") or self.clock(),
            start=facts.get("start"),
            end=facts.get("end"),
            marketplace_ids=tuple(marketplaces),
            document_id=facts.get("document_id"),
            schedule_id=None,
            processing_start=None,
            processing_end=None,
            raw={"account": account},
        )
        self.reports[info.report_id] = info
        return info

    def finish(self, report_id: str, status: str, body: bytes | None = None) -> ReportInfo:
        document = f"document-{report_id}" if status == "DONE" or body is not None else None
        if document and body is not None:
            self.bodies[document] = body
        self.reports[report_id] = replace(
            self.reports[report_id], status=status, document_id=document, processing_end=self.clock()
        )
        return self.reports[report_id]

    def made(self, account: str) -> list[ReportInfo]:
        return [r for r in self.reports.values() if r.raw["account"] == account]

    def fail(self, operation: str) -> None:
        self.calls[operation] += 1
        waiting = self.faults.get(operation)
        if waiting:
            raise waiting.pop(0)


@dataclass
class _Reports:
    amazon: Amazon
    account: str
    _: list[Any] = field(default_factory=list)

    def create_report(self, report_type: str, marketplace_ids: Sequence[str], **asked: Any) -> str:
        amazon = self.amazon
        if amazon.tokens is not None and amazon.tokens <= (3 if asked["reserve"] else 0):
            raise Throttled("The quota is spent.", retry_after=60.0)
        amazon.fail("createReport")
        if amazon.tokens is not None:
            amazon.tokens -= 1
        amazon.reserved.append(asked["reserve"])
        info = amazon.add(self.account, report_type, marketplace_ids, start=asked["start"], end=asked["end"])
        amazon.options[info.report_id] = dict(asked["options"] or {})
        if amazon.lost:
            raise amazon.lost.pop(0)
        return info.report_id

    def get_report(self, report_id: str, **_: Any) -> ReportInfo:
        self.amazon.fail("getReport")
        if report_id not in self.amazon.reports:
            raise NotFound("There is no such report.")
        return self.amazon.reports[report_id]

    def get_reports(self, report_types: Sequence[str], *, statuses=None, created_since=None, created_until=None, **_: Any):
        self.amazon.fail("getReports")
        for info in self.amazon.made(self.account):
            if info.report_type in report_types and (statuses is None or info.status in statuses):
                if created_since and info.created < created_since:
                    continue
                if created_until and info.created > created_until:
                    continue
                yield info

    def get_report_document(self, document_id: str, token: str | None = None, **_: Any) -> ReportDocument:
        self.amazon.fail("getReportDocument")
        return ReportDocument(document_id, f"memory:{document_id}", None)

    @contextmanager
    def download(self, document: ReportDocument, *, chunk_size: int = 1 << 20) -> Iterator[Any]:
        self.amazon.fail("download")
        body = self.amazon.bodies[document.document_id]
        headers = {"Content-Type": "text/plain; charset=UTF-8", "Content-Length": str(len(body))}
        yield SimpleNamespace(headers=headers, iter_raw=lambda: iter([body]))
