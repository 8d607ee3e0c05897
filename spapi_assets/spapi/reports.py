"""The Reports API 2021-06-30, complete: reports, documents and schedules, as typed calls.
When to ask, what a status means for the data and how documents become rows is decided in ingest/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from spapi_assets.spapi import documents
from spapi_assets.spapi import operations as ops
from spapi_assets.spapi.documents import DocumentStream, ReportDocument
from spapi_assets.spapi.errors import ConfigurationError
from spapi_assets.spapi.fields import Fields, to_api_time
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.wire import user_agent

__all__ = ["DocumentStream", "ReportDocument", "ReportInfo", "ReportSchedule", "ReportsApi"]


@dataclass(frozen=True)
class ReportInfo:
    """A report as Amazon tells it. `status` is IN_QUEUE, IN_PROGRESS, DONE, CANCELLED or FATAL; times are UTC. The options it
    was asked with are never told."""

    report_id: str
    report_type: str
    status: str
    created: datetime
    start: datetime | None
    end: datetime | None
    marketplace_ids: tuple[str, ...]
    document_id: str | None
    schedule_id: str | None
    processing_start: datetime | None
    processing_end: datetime | None
    raw: dict[str, Any] = field(repr=False, compare=False)

    @property
    def finished(self) -> bool:
        return self.status in ("DONE", "CANCELLED", "FATAL")


@dataclass(frozen=True)
class ReportSchedule:
    """A schedule as Amazon tells it; `period` is an ISO 8601 duration such as P1D."""

    schedule_id: str
    report_type: str
    period: str
    marketplace_ids: tuple[str, ...]
    options: dict[str, str]
    next_creation: datetime | None


class ReportsApi:
    """Reports of one selling partner. Errors are those of SpApiSession.call."""

    def __init__(self, session: SpApiSession) -> None:
        self._session = session

    def create_report(
        self,
        report_type: str,
        marketplace_ids: Sequence[str],
        *,
        options: Mapping[str, Any] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        reserve: float | None = None,
        max_wait: float | None = None,
    ) -> str:
        """Ask for a report; returns its report id. Each call makes a report, also of a twin: on OutcomeUnknown look for it with
        get_reports before asking again. Rate 60 an hour, burst 15."""
        body = self._specification(report_type, marketplace_ids, options)
        if start is not None:
            body["dataStartTime"] = to_api_time(start)
        if end is not None:
            body["dataEndTime"] = to_api_time(end)
        answer = self._session.call(ops.CREATE_REPORT, json=body, reserve=reserve, max_wait=max_wait)
        return self._fields(answer, ops.CREATE_REPORT).text("reportId")

    def get_report(self, report_id: str, *, reserve: float | None = None, max_wait: float | None = None) -> ReportInfo:
        """One report's state. Cheap: 2 a second."""
        answer = self._session.call(ops.GET_REPORT, path={"reportId": report_id}, reserve=reserve, max_wait=max_wait)
        return self._info(answer, ops.GET_REPORT)

    def get_reports(
        self,
        report_types: Sequence[str],
        *,
        statuses: Sequence[str] | None = None,
        marketplace_ids: Sequence[str] | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        page_size: int = 100,
        reserve: float | None = None,
        max_wait: float | None = None,
    ) -> Iterator[ReportInfo]:
        """Reports of these types that anybody made for this selling partner. Scarce: a page
        costs one call of 80 an hour. `created_since` may lie 90 days back at most; more than ten types cost a query per ten."""
        if marketplace_ids is not None and not 1 <= len(marketplace_ids) <= 10:
            raise ConfigurationError(
                f"getReports takes 1 to 10 marketplaces, not {len(marketplace_ids)}.", account=self._session.account
            )
        for first in range(0, len(report_types), 10):
            params: dict[str, Any] = {
                "reportTypes": list(report_types[first : first + 10]),
                "processingStatuses": list(statuses) if statuses else None,
                "marketplaceIds": list(marketplace_ids) if marketplace_ids else None,
                "createdSince": to_api_time(created_since) if created_since else None,
                "createdUntil": to_api_time(created_until) if created_until else None,
                "pageSize": page_size,
            }
            while True:
                answer = self._session.call(ops.GET_REPORTS, params=params, reserve=reserve, max_wait=max_wait)
                for report in answer.get("reports") or ():
                    yield self._info(report, ops.GET_REPORTS)
                if not answer.get("nextToken"):
                    break
                params = {"nextToken": answer["nextToken"]}  # beside the token nothing else may be sent

    def cancel_report(self, report_id: str) -> None:
        """Cancel a report that is still IN_QUEUE; Amazon refuses it for others."""
        self._session.call(ops.CANCEL_REPORT, path={"reportId": report_id})

    def get_report_document(
        self,
        document_id: str,
        restricted_token: str | None = None,
        *,
        reserve: float | None = None,
        max_wait: float | None = None,
    ) -> ReportDocument:
        """A URL for the document, valid for five minutes: download at once. Restricted report types need a restricted data token
        (TokensApi). As scarce as creation: 60 an hour, burst 15."""
        answer = self._session.call(
            ops.GET_REPORT_DOCUMENT,
            path={"reportDocumentId": document_id},
            restricted_token=restricted_token,
            reserve=reserve,
            max_wait=max_wait,
        )
        url = self._fields(answer, ops.GET_REPORT_DOCUMENT).text("url")
        return ReportDocument(document_id, url, answer.get("compressionAlgorithm") or None)

    def download(self, document: ReportDocument, *, chunk_size: int = documents.CHUNK) -> AbstractContextManager[DocumentStream]:
        """Open the document for reading, as its exact bytes; see documents.download."""
        return documents.download(document, account=self._session.account, user_agent=user_agent(), chunk_size=chunk_size)

    def create_report_schedule(
        self,
        report_type: str,
        marketplace_ids: Sequence[str],
        period: str,
        *,
        options: Mapping[str, Any] | None = None,
        next_creation: datetime | None = None,
    ) -> str:
        """Have Amazon make the report regularly; returns the schedule id. It silently replaces an existing schedule of the same
        type and marketplaces, also one set in Seller Central."""
        body = self._specification(report_type, marketplace_ids, options) | {"period": period}
        if next_creation is not None:
            body["nextReportCreationTime"] = to_api_time(next_creation)
        answer = self._session.call(ops.CREATE_REPORT_SCHEDULE, json=body)
        return self._fields(answer, ops.CREATE_REPORT_SCHEDULE).text("reportScheduleId")

    def get_report_schedules(self, report_types: Sequence[str]) -> list[ReportSchedule]:
        """All schedules of these types (a query per ten)."""
        found: list[ReportSchedule] = []
        for first in range(0, len(report_types), 10):
            answer = self._session.call(ops.GET_REPORT_SCHEDULES, params={"reportTypes": list(report_types[first : first + 10])})
            found += [self._schedule(s, ops.GET_REPORT_SCHEDULES) for s in answer.get("reportSchedules") or ()]
        return found

    def get_report_schedule(self, schedule_id: str) -> ReportSchedule:
        answer = self._session.call(ops.GET_REPORT_SCHEDULE, path={"reportScheduleId": schedule_id})
        return self._schedule(answer, ops.GET_REPORT_SCHEDULE)

    def cancel_report_schedule(self, schedule_id: str) -> None:
        self._session.call(ops.CANCEL_REPORT_SCHEDULE, path={"reportScheduleId": schedule_id})

    def _specification(
        self, report_type: str, marketplace_ids: Sequence[str], options: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        if isinstance(marketplace_ids, str) or not 1 <= len(marketplace_ids) <= 25:
            raise ConfigurationError(
                f"{report_type} of account {self._session.account} needs 1 to 25 marketplaces, got {marketplace_ids!r}.",
                account=self._session.account,
                operation="createReport",
            )
        body: dict[str, Any] = {"reportType": report_type, "marketplaceIds": list(marketplace_ids)}
        if options:
            # Amazon's option map is text to text; booleans are the words true and false.
            body["reportOptions"] = {
                name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in options.items()
            }
        return body

    def _info(self, report: dict[str, Any], operation: ops.Operation) -> ReportInfo:
        fields = self._fields(report, operation)
        return ReportInfo(
            report_id=fields.text("reportId"),
            report_type=fields.text("reportType"),
            status=fields.text("processingStatus"),
            created=fields.time("createdTime"),
            start=fields.time_if_any("dataStartTime"),
            end=fields.time_if_any("dataEndTime"),
            marketplace_ids=tuple(report.get("marketplaceIds") or ()),
            document_id=report.get("reportDocumentId") or None,
            schedule_id=report.get("reportScheduleId") or None,
            processing_start=fields.time_if_any("processingStartTime"),
            processing_end=fields.time_if_any("processingEndTime"),
            raw=dict(report),
        )

    def _schedule(self, schedule: dict[str, Any], operation: ops.Operation) -> ReportSchedule:
        fields = self._fields(schedule, operation)
        return ReportSchedule(
            schedule_id=fields.text("reportScheduleId"),
            report_type=fields.text("reportType"),
            period=fields.text("period"),
            marketplace_ids=tuple(schedule.get("marketplaceIds") or ()),
            options=dict(schedule.get("reportOptions") or {}),
            next_creation=fields.time_if_any("nextReportCreationTime"),
        )

    def _fields(self, answer: dict[str, Any], operation: ops.Operation) -> Fields:
        return Fields(answer, self._session.account, operation.name)
