"""How often a selling partner may have a report type made: limits a day, cool-downs, and what becomes of those who exceed them.
Counts on the simulator's clock; the rules are in report_types.py, and faults can change them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.faults import COOL_DOWN_FATAL, COOL_DOWN_KIND, LIMIT_KIND, OVER_LIMIT_KINDS, Faults
from spapi_assets.simulator.report_types import LIMIT_WINDOW, rules_of

TOO_OFTEN = "The report was requested too often. It was generated a short while ago for this selling partner."
_Key = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Allowance:
    """What a request may become: `verdict` is granted, 429 or cancelled; a granted one may have to wait until `starts`."""

    verdict: str
    starts: datetime


class Limits:
    """`scale` multiplies the limits a day, as it does request rates; cool-downs stay."""

    def __init__(self, faults: Faults, scale: float = 1.0) -> None:
        self.faults = faults
        self.scale = scale
        self._granted: dict[tuple[str, str], list[datetime]] = {}
        self._generated: dict[_Key, datetime] = {}
        self._lock = threading.Lock()

    def ask(self, account: Account, report_type: str, now: datetime) -> Allowance:
        """Count one createReport call against the type's limit a day."""
        names = (account.name, account.selling_partner_id)
        rules = rules_of(report_type)
        changed = self.faults.habit(LIMIT_KIND, report_type, names)
        limit = changed.limit if changed else rules.daily_limit
        if limit is None:
            return Allowance("granted", now)
        limit = max(1, round(limit * self.scale))
        with self._lock:
            granted = self._granted.setdefault((account.selling_partner_id, report_type), [])
            granted[:] = [when for when in granted if when > now - LIMIT_WINDOW]
            if len(granted) < limit:
                granted.append(now)
                return Allowance("granted", now)
            over = self.faults.strike(OVER_LIMIT_KINDS, report_type=report_type, account=names)
            verdict = over.kind.removeprefix("over_limit_") if over else "queued" if rules.queues else "429"
            if verdict != "queued":
                return Allowance(verdict, now)
            # The queue is served as the slots of the last day become free again.
            starts = granted[-limit] + LIMIT_WINDOW
            granted.append(starts)
            return Allowance("granted", starts)

    def too_soon(
        self,
        account: Account,
        report_type: str,
        marketplace_ids: tuple[str, ...],
        now: datetime,
        made: Callable[[timedelta], bool],
    ) -> str | None:
        """Whether the type's cool-down still runs: how the report ends then. `made`: whether others made one in that time."""
        names = (account.name, account.selling_partner_id)
        changed = self.faults.habit(COOL_DOWN_KIND, report_type, names)
        pause = timedelta(seconds=changed.seconds) if changed else rules_of(report_type).cool_down
        if pause is None:
            return None
        key = (account.selling_partner_id, report_type, marketplace_ids)
        with self._lock:
            last = self._generated.get(key)
            if (last and timedelta(0) <= now - last < pause) or made(pause):
                fatal = self.faults.habit(COOL_DOWN_FATAL, report_type, names)
                return "FATAL" if fatal else "CANCELLED"
            self._generated[key] = now
        return None

    def forget(self, account: Account, report_type: str, marketplace_ids: tuple[str, ...]) -> None:
        """A report failed: its generation does not count."""
        with self._lock:
            self._generated.pop((account.selling_partner_id, report_type, marketplace_ids), None)
