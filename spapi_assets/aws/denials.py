"""Report types that Amazon refuses an account for want of a role, remembered in the ledger's table until the refusal is lifted.
What follows from a denial for a partition is `ingest/denial.py`; the requests themselves are `ledger.py`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from spapi_assets.aws.ledger_records import ReportRecord, stamp, unstamp

if TYPE_CHECKING:
    from spapi_assets.aws.ledger import Ledger


@dataclass(frozen=True)
class Denial:
    """Amazon refused a type for an account key at `at`. `lifted_at`: since then it may be asked for again."""

    at: datetime
    reason: str
    lifted_at: datetime | None = None

    @property
    def standing(self) -> bool:
        return self.lifted_at is None


def denial_of(ledger: Ledger, report_type: str, account_key: str) -> Denial | None:
    """The last refusal of a type, standing or lifted; None: never refused. One read."""
    item = ledger.table.get(_key(report_type, account_key))
    return _decode(item) if item else None


def deny(ledger: Ledger, record: ReportRecord, reason: str) -> None:
    """Write down that Amazon refuses the record's type for its account key, whatever the days."""
    _put(ledger, record.report_type, record.account_key, Denial(ledger.now(), reason))


def lift(ledger: Ledger, report_type: str, account_key: str, denial: Denial) -> None:
    """Amazon took a request of the type after all."""
    _put(ledger, report_type, account_key, replace(denial, lifted_at=ledger.now()))


def lift_all(ledger: Ledger, account: str) -> list[str]:
    """A new authorization may allow what the old one did not: all is asked for once more. Returns the types that were refused."""
    lifted = set()
    for item in list(ledger.table.query(f"DENIED#{account}", "!", "~")):
        denial = _decode(item)
        if denial.standing:
            report_type, _, account_key = str(item["sk"]).partition("#")
            _put(ledger, report_type, account_key, replace(denial, lifted_at=ledger.now()))
            lifted.add(report_type)
    return sorted(lifted)


def _key(report_type: str, account_key: str) -> dict[str, str]:
    return {"pk": f"DENIED#{account_key.partition('.')[0]}", "sk": f"{report_type}#{account_key}"}


def _put(ledger: Ledger, report_type: str, account_key: str, denial: Denial) -> None:
    item: dict[str, Any] = {**_key(report_type, account_key), "at": stamp(denial.at), "reason": denial.reason[:2000]}
    if denial.lifted_at is not None:
        item["lifted_at"] = stamp(denial.lifted_at)
    ledger.table.put(item)


def _decode(item: dict[str, Any]) -> Denial:
    lifted = item.get("lifted_at")
    return Denial(unstamp(item["at"]), str(item["reason"]), unstamp(lifted) if lifted else None)
