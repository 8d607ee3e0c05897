"""What Amazon pays out: one transfer a settlement, from its start to the day the bank has it. Amounts are the settlements'.
The money that is not paid out yet, by what holds it back, is here too."""

from __future__ import annotations

from dataclasses import dataclass

from .accounts import Account
from .business import Business
from .marketplaces import Marketplace
from .seeds import derive, letters
from .settlements import RESERVED, Period, period
from .transactions import TRANSFER, Transaction, number_at, of_period, posted_between

_ON_ITS_WAY = 6 * 3_600  # seconds after the start
_WEEK = 7 * 86_400


@dataclass(frozen=True)
class Payout:
    """One payout; `amount` in minor units. Its id is its settlement's."""

    period: Period
    amount: int
    trace: str

    def history(self, now: float) -> list[tuple[str, int]]:
        """States with the instants they began, oldest first, as far as they have come by `now`."""
        if self.amount <= 0:
            return [("NO_PAYOUT", self.period.end)]
        steps = [("STARTED", self.period.end), ("IN_TRANSIT", self.period.end + _ON_ITS_WAY), ("PAID", self.period.deposit)]
        return [step for step in steps if step[1] <= now]


@dataclass(frozen=True)
class Balance:
    """A store's money at an instant, in minor units: total = available + deferred + reserve."""

    total: int
    deferred: int
    reserve: int

    @property
    def available(self) -> int:
        return self.total - self.deferred - self.reserve


def payout(business: Business, p: Period) -> Payout:
    """The payout of a closed settlement."""
    amount = sum(t.amount for t in of_period(business, p) if t.type != TRANSFER)
    draw = derive(business.seed, "payout", p.id)
    return Payout(p, amount, letters(draw, 15))


def closed(business: Business, account: Account, m: Marketplace, now: float) -> list[Period]:
    """Settlements that have ended by `now`, the newest first."""
    return [period(business, account, m, number) for number in range(number_at(business, account, m, now) - 1, -1, -1)]


def current(business: Business, account: Account, m: Marketplace, now: float) -> Period:
    """The settlement that is open at `now`."""
    return period(business, account, m, max(0, number_at(business, account, m, now)))


def balance(business: Business, account: Account, m: Marketplace, now: float) -> Balance:
    """The open settlement's money at an instant."""
    p = current(business, account, m, now)
    mine = [t for t in of_period(business, p) if t.posted <= now and t.type not in (TRANSFER, "ReserveDebit")]
    deferred = sum(t.amount for t in mine if t.status(now) == "DEFERRED")
    shipped = [t for t in posted_between(business, account, m, now - _WEEK, now, now) if t.type == "Shipment"]
    return Balance(sum(t.amount for t in mine), deferred, round(RESERVED * sum(_principal(t) for t in shipped)))


def _principal(transaction: Transaction) -> int:
    return sum(e.amount for e in transaction.entries if (e.amount_type, e.description) == ("ItemPrice", "Principal"))
