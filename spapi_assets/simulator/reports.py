"""The report book: every report of every selling partner and its life cycle on the simulator's clock.
It decides DONE, CANCELLED or FATAL and stores the documents; HTTP, schedules and notifications are elsewhere."""

from __future__ import annotations

import hashlib
import heapq
import logging
import secrets
import threading
import uuid
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.clock import Clock
from spapi_assets.simulator.delivery import Storage, StoredDocument
from spapi_assets.simulator.faults import REPORT_KINDS, Faults
from spapi_assets.simulator.limits import TOO_OFTEN, Allowance, Limits
from spapi_assets.simulator.rendering import ListedReport, NothingToReport, Refused, Renderer
from spapi_assets.simulator.report import Report
from spapi_assets.simulator.report_types import rules_of
from spapi_assets.simulator.writing import Writer, reason

KEPT = timedelta(days=90)
_log = logging.getLogger(__name__)


class ReportBook:
    """All reports. `processing_seconds` is simulated time from createReport to the final status, a quarter of it in the queue."""

    def __init__(
        self,
        clock: Clock,
        renderer: Renderer,
        storage: Storage,
        faults: Faults,
        processing_seconds: float,
        on_finished: Callable[[Report], None],
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits(faults)
        self.clock, self.renderer, self.storage, self.faults = clock, renderer, storage, faults
        self.processing_seconds = processing_seconds
        self.on_finished = on_finished
        self._reports: dict[tuple[str, str], Report] = {}
        self._documents: dict[str, Report] = {}
        self._due: list[tuple[datetime, str, Report]] = []
        self._writer = Writer(renderer, faults)
        self._prefix = str(secrets.randbelow(9 * 10**7) + 10**7)  # no report id of an earlier start comes again
        self._count = 0
        self._lock = threading.RLock()
        self._settling = threading.Lock()

    def create(
        self,
        account: Account,
        report_type: str,
        marketplace_ids: tuple[str, ...],
        options: dict[str, str],
        start: datetime,
        end: datetime,
        *,
        created: datetime | None = None,
        schedule_id: str | None = None,
        allowance: Allowance | None = None,
    ) -> Report:
        """Enter a report. `allowance` (of Limits) says that it must wait, or be cancelled for being one too many."""
        created = created or self.clock.now()
        queued_until = max(created, allowance.starts) if allowance else created
        fault = self.faults.strike(REPORT_KINDS, report_type=report_type, account=(account.name, account.selling_partner_id))
        finishes = queued_until + timedelta(seconds=self.processing_seconds)
        if fault and fault.kind == "stuck":
            finishes += timedelta(seconds=fault.seconds)
        with self._lock:
            self._count += 1
            report = Report(
                report_id=f"{self._prefix}{self._count:06d}",
                account=account,
                report_type=report_type,
                marketplace_ids=marketplace_ids,
                options=options,
                start=start,
                end=end,
                created=created,
                starts_at=queued_until + timedelta(seconds=self.processing_seconds / 4),
                finishes_at=finishes,
                schedule_id=schedule_id,
                refused="CANCELLED"
                if allowance and allowance.verdict == "cancelled"
                else self._too_soon(account, report_type, marketplace_ids, created),
                fault=fault,
            )
            self._keep(report)
            heapq.heappush(self._due, (report.finishes_at, report.report_id, report))
        return report

    def find(self, account: Account, report_id: str) -> Report | None:
        """A report of this selling partner, made by anyone, as long as Amazon keeps it."""
        now = self.clock.now()
        with self._lock:
            report = self._reports.get((account.selling_partner_id, report_id))
        if report is None:
            self.listed(account, None, now - KEPT, now)
            with self._lock:
                report = self._reports.get((account.selling_partner_id, report_id))
        return report if report and _kept(report, now) else None

    def find_document(self, account: Account, document_id: str) -> Report | None:
        with self._lock:
            report = self._documents.get(document_id)
        if report is None:
            now = self.clock.now()
            self.listed(account, None, now - KEPT, now)
            with self._lock:
                report = self._documents.get(document_id)
        known = report is not None and report.account.selling_partner_id == account.selling_partner_id
        return report if report and known and _kept(report, self.clock.now()) else None

    def type_of(self, account: Account, identifier: str) -> str | None:
        """The report type behind a report id or document id, if the book has it."""
        with self._lock:
            report = self._reports.get((account.selling_partner_id, identifier)) or self._documents.get(identifier)
        return report.report_type if report else None

    def search(self, account: Account, report_types: Collection[str], since: datetime, until: datetime) -> list[Report]:
        """Reports of these types created in [since, until], newest first, whoever made them."""
        self.listed(account, report_types, since, until)
        with self._lock:
            found = [
                report
                for (partner, _), report in self._reports.items()
                if partner == account.selling_partner_id
                and report.report_type in report_types
                and since <= report.created <= until
                and _kept(report, self.clock.now())
            ]
        return sorted(found, key=lambda report: (report.created, report.report_id), reverse=True)

    def cancel(self, report: Report) -> bool:
        """Cancel a report that is still in the queue; False when it is too late."""
        now = self.clock.now()
        with self._settling, self._lock:
            if report.status(now) != "IN_QUEUE":
                return False
            report.finishes_at, report.starts_at = now, now + timedelta(seconds=1)
            report.outcome = "CANCELLED"
        self.on_finished(report)
        return True

    def document(self, report: Report) -> StoredDocument:
        """The stored document of a finished report; those nobody asked for are written when first opened."""
        assert report.document_id, f"report {report.report_id} has no document"
        with report.lock:
            stored = self.storage.get(report.document_id)
            if stored is None:
                stored = self.storage.put(report.document_id, self._writer.write(report))
        return stored

    def listed(self, account: Account, report_types: Collection[str] | None, since: datetime, until: datetime) -> list[Report]:
        """Reports that exist without being asked for, entered into the book when first seen."""
        found = self.renderer.listed(account.selling_partner_id, report_types, since, min(until, self.clock.now()))
        with self._lock:
            return [self._enter(account, item) for item in found]

    def settle(self) -> int:
        """Finish every report that is due, in order; returns how many."""
        finished = 0
        with self._settling:
            while (report := self._next()) is not None:
                if report.outcome is None:
                    self._finish(report)
                    finished += 1
                    self.on_finished(report)
            self._forget_old()
        return finished

    def next_due(self) -> float | None:
        """The simulated time of the next transition that needs work."""
        with self._lock:
            return self._due[0][0].timestamp() if self._due else None

    def counts(self) -> dict[str, int]:
        """How many reports are in each status now."""
        now, counts = self.clock.now(), dict.fromkeys(("IN_QUEUE", "IN_PROGRESS", "DONE", "CANCELLED", "FATAL"), 0)
        with self._lock:
            for report in self._reports.values():
                counts[report.status(now)] += 1
        return counts

    def _next(self) -> Report | None:
        with self._lock:
            if self._due and self._due[0][0] <= self.clock.now():
                return heapq.heappop(self._due)[2]
        return None

    def _finish(self, report: Report) -> None:
        fault = report.fault
        kind = fault.kind if fault else ""
        if report.refused == "CANCELLED" or kind == "cancelled":
            report.outcome = "CANCELLED"
            return
        if kind == "fatal_silent":
            self.limits.forget(report.account, report.report_type, report.marketplace_ids)
            report.outcome = "FATAL"
            return
        try:
            if report.refused:
                document, outcome = reason(TOO_OFTEN), report.refused
            elif fault and kind == "fatal":
                document, outcome = reason(fault.reason), "FATAL"
            else:
                document, outcome = self._writer.write(report), "DONE"
        except NothingToReport:
            report.outcome = "CANCELLED"
            return
        except Refused as refusal:
            document, outcome = reason(str(refusal)), "FATAL"
        except Exception as error:
            # The simulator's own mistake: show it where its user looks, and in the log with its place.
            _log.exception("writing report %s (%s) failed", report.report_id, report.report_type)
            document, outcome = reason(f"The simulator could not write this report: {error!r}"), "FATAL"
        document_id = _document_id(report.account.region, str(uuid.uuid4()))
        self.storage.put(document_id, document)
        with self._lock:
            report.document_id = document_id
            self._documents[document_id] = report
            report.outcome = outcome
        if outcome == "FATAL" and not report.refused:
            self.limits.forget(report.account, report.report_type, report.marketplace_ids)

    def _too_soon(self, account: Account, report_type: str, marketplace_ids: tuple[str, ...], now: datetime) -> str | None:
        def made_by_others(pause: timedelta) -> bool:
            others = self.renderer.listed(account.selling_partner_id, (report_type,), now - pause, now)
            return any(set(other.marketplace_ids) & set(marketplace_ids) for other in others)

        return self.limits.too_soon(account, report_type, marketplace_ids, now, made_by_others)

    def _enter(self, account: Account, item: ListedReport) -> Report:
        if known := self._reports.get((account.selling_partner_id, item.report_id)):
            return known
        digest = hashlib.sha256(f"{account.selling_partner_id} {item.report_id}".encode()).hexdigest()
        report = Report(
            report_id=item.report_id,
            account=account,
            report_type=item.report_type,
            marketplace_ids=item.marketplace_ids,
            options={},
            start=item.start,
            end=item.end,
            created=item.created,
            starts_at=item.created,
            finishes_at=item.created,
            outcome="DONE",
            document_id=_document_id(account.region, str(uuid.UUID(digest[:32]))),
            listed=item,
        )
        self._keep(report)
        return report

    def _keep(self, report: Report) -> None:
        self._reports[report.account.selling_partner_id, report.report_id] = report
        if report.document_id:
            self._documents[report.document_id] = report

    def _forget_old(self) -> None:
        now = self.clock.now()
        with self._lock:
            for key, report in [(key, report) for key, report in self._reports.items() if not _kept(report, now)]:
                del self._reports[key]
                if report.document_id:
                    self._documents.pop(report.document_id, None)
                    self.storage.forget(report.document_id)


def _kept(report: Report, now: datetime) -> bool:
    """Whether Amazon still has the report: 90 days, for some types 30."""
    return report.created > now - rules_of(report.report_type).kept


def _document_id(region: str, unique: str) -> str:
    return f"amzn1.spdoc.1.4.{region}.{unique}.T{int(unique[:8], 16)}"
