"""Report schedules: one per selling partner, type and marketplaces, a new one silently replacing the old.
Creating the scheduled reports is asked of the report book when their time comes."""

from __future__ import annotations

import re
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.clock import iso
from spapi_assets.simulator.report_types import rules_of
from spapi_assets.simulator.reports import ReportBook

PERIODS = frozenset(
    "PT5M PT15M PT30M PT1H PT2H PT4H PT8H PT12H P1D P2D P3D PT84H P7D P14D P15D P18D P30D P1M".split()  # noqa: SIM905
)
_MOST_AT_ONCE = 100  # after a long jump of the clock only the latest scheduled reports are made


@dataclass
class Schedule:
    """A standing order for a report."""

    schedule_id: str
    account: Account
    report_type: str
    marketplace_ids: tuple[str, ...]
    options: dict[str, str]
    period: str
    next_creation: datetime

    def describe(self) -> dict[str, Any]:
        """The ReportSchedule object of the API; unlike reports, schedules do show their options."""
        return {
            "reportScheduleId": self.schedule_id,
            "reportType": self.report_type,
            "marketplaceIds": list(self.marketplace_ids),
            "reportOptions": self.options,
            "period": self.period,
            "nextReportCreationTime": iso(self.next_creation),
        }


class Schedules:
    """All schedules of all selling partners."""

    def __init__(self, book: ReportBook) -> None:
        self.book = book
        self._schedules: dict[str, Schedule] = {}
        self._lock = threading.Lock()

    def create(
        self,
        account: Account,
        report_type: str,
        marketplace_ids: tuple[str, ...],
        options: dict[str, str],
        period: str,
        first: datetime,
    ) -> Schedule:
        schedule = Schedule(str(uuid.uuid4().int)[:12], account, report_type, marketplace_ids, options, period, first)
        same = _slot(schedule)
        with self._lock:
            for old in list(self._schedules.values()):
                if _slot(old) == same:
                    del self._schedules[old.schedule_id]
            self._schedules[schedule.schedule_id] = schedule
        return schedule

    def find(self, account: Account, schedule_id: str) -> Schedule | None:
        with self._lock:
            found = self._schedules.get(schedule_id)
        return found if found and found.account.selling_partner_id == account.selling_partner_id else None

    def list(self, account: Account, report_types: list[str]) -> list[Schedule]:
        with self._lock:
            mine = [s for s in self._schedules.values() if s.account.selling_partner_id == account.selling_partner_id]
        return [schedule for schedule in mine if schedule.report_type in report_types]

    def cancel(self, schedule_id: str) -> None:
        with self._lock:
            self._schedules.pop(schedule_id, None)

    def run_due(self, now: datetime) -> None:
        """Create the reports whose time has come; each covers the period before it."""
        with self._lock:
            for schedule in self._schedules.values():
                length = length_of(schedule.period)
                times = []
                while schedule.next_creation <= now:
                    times.append(schedule.next_creation)
                    schedule.next_creation += length
                for when in times[-_MOST_AT_ONCE:]:
                    self.book.create(
                        schedule.account,
                        schedule.report_type,
                        schedule.marketplace_ids,
                        schedule.options,
                        when - length,
                        when,
                        created=when,
                        schedule_id=schedule.schedule_id,
                    )

    def next_due(self) -> float | None:
        with self._lock:
            return min((schedule.next_creation.timestamp() for schedule in self._schedules.values()), default=None)


def _slot(schedule: Schedule) -> tuple[str, str, frozenset[str]]:
    """What only one schedule can have: a type (or types that share one) in the same marketplaces."""
    name = rules_of(schedule.report_type).schedule or schedule.report_type
    return schedule.account.selling_partner_id, name, frozenset(schedule.marketplace_ids)


def length_of(period: str) -> timedelta:
    """A period as a duration; P1M is 30 days here."""
    if period == "P1M":
        return timedelta(days=30)
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", period)
    if not found:
        raise ValueError(f"{period!r} is not a period; periods are {', '.join(sorted(PERIODS))}")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
