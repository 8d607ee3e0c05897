"""The business behind one door: stock cycles, orders of a day, and the windows that reports ask for, computed once and kept.
No report formats, no clock: what is visible depends on the instant that the caller names."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from datetime import date, timedelta
from typing import Any, TypeVar

from .accounts import ACCOUNTS, BY_SELLING_PARTNER, Account
from .changes import Changes
from .marketplaces import Marketplace, local_day
from .orders import MAX_UPDATE_DAYS, Order, build_day
from .stock import Cycle, StockDay, cycle_of, simulate

_T = TypeVar("_T")


class _Kept:
    """A least-recently-used cache bounded by weight (orders), not by entries: days differ a thousandfold in size."""

    def __init__(self, weight: int) -> None:
        self.limit = weight
        self.total = 0
        self.entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        entry = self.entries.get(key)
        if entry is None:
            return None
        self.entries.move_to_end(key)
        return entry[0]

    def put(self, key: Hashable, value: Any, weight: int) -> None:
        self.entries[key] = (value, weight)
        self.total += weight
        while self.total > self.limit and len(self.entries) > 1:
            _, (_, freed) = self.entries.popitem(last=False)
            self.total -= freed


class Business:
    """Kestrel & Co for one seed. `scale` multiplies the order volume (1: about 90 orders a day in the EU account).

    The same seed and scale give the same business in every process and in every order of questions; threads may share it.
    `region_wide_orders` makes order reports ignore the marketplaces asked for, as Amazon's did for years.
    """

    def __init__(self, seed: int = 7, *, scale: float = 1.0, region_wide_orders: bool = False) -> None:
        if scale <= 0:
            raise ValueError(f"The simulated business needs a positive scale, not {scale}.")
        self.seed = seed
        self.scale = scale
        self.region_wide_orders = region_wide_orders
        self.changes = Changes()
        self._extra: dict[int, int] = {}
        self._lock = threading.RLock()
        self._cycles = _Kept(400_000)
        self._orders = _Kept(80_000)
        self._derived = _Kept(400_000)

    @property
    def accounts(self) -> tuple[Account, ...]:
        return ACCOUNTS

    def account(self, selling_partner_id: str) -> Account:
        """The selling partner by its id; KeyError with a sentence if the business has none such."""
        try:
            return BY_SELLING_PARTNER[selling_partner_id]
        except KeyError:
            known = ", ".join(BY_SELLING_PARTNER)
            raise KeyError(f"The simulated business has no selling partner {selling_partner_id}; it has {known}.") from None

    def extra_articles(self, account: Account) -> int:
        """How many articles the account lists beside the business's own (extra.py); 0 unless somebody wished otherwise."""
        return self._extra.get(account.index, 0)

    def list_extra_articles(self, account: Account, count: int) -> None:
        """Let the seller list so many further articles, numbered from 0; they cost nothing until they are asked for."""
        if account.kind != "seller" or not 0 <= count <= 1_000_000:
            raise ValueError(f"{account.selling_partner_id} cannot list {count} extra articles: sellers list 0 to 1,000,000.")
        self._extra[account.index] = count

    def most_extra_articles(self) -> int:
        """Extra articles that any account lists: so many are in the catalogue."""
        return max(self._extra.values(), default=0)

    def pool(self, account: Account, pool: str) -> tuple[Marketplace, ...]:
        """The account's marketplaces that sell from a stock pool."""
        return tuple(m for m in account.marketplaces if m.pool == pool)

    def cycle(self, account: Account, pool: str, number: int) -> Cycle:
        """A simulated stock cycle."""
        key = (account.index, pool, number)
        with self._lock:
            found = self._cycles.get(key)
            if found is None:
                found = simulate(self.seed, account, pool, self.pool(account, pool), number, self.scale)
                weight = sum(len(drafts) for day in found.days.values() for drafts in day.drafts.values())
                self._cycles.put(key, found, weight + 100)
        return found

    def stock_day(self, account: Account, pool: str, day: date) -> StockDay:
        """Stock and served attempts of a pool on a local day."""
        return self.cycle(account, pool, cycle_of(day)).days[day]

    def orders(self, account: Account, marketplace: Marketplace, day: date) -> tuple[Order, ...]:
        """Orders purchased on a marketplace-local day, oldest first; all their future is in them (ask `status(now)`)."""
        key = (account.index, marketplace.code, day)
        with self._lock:
            found = self._orders.get(key)
            if found is None:
                drafts = self.stock_day(account, marketplace.pool, day).drafts[marketplace.code]
                found = build_day(self.seed, account, marketplace, day, drafts)
                self._orders.put(key, found, len(found) + 1)
        return found

    def purchased_between(self, account: Account, marketplace: Marketplace, first: date, last: date) -> Iterator[Order]:
        """Orders of the local days first..last, both included."""
        for offset in range((last - first).days + 1):
            yield from self.orders(account, marketplace, first + timedelta(days=offset))

    def updated_between(
        self, account: Account, marketplace: Marketplace, start: float, end: float, now: float
    ) -> Iterator[Order]:
        """Orders whose last update, as known at `now`, lies in [start, end)."""
        first = local_day(marketplace.zone, start) - timedelta(days=MAX_UPDATE_DAYS)
        last = local_day(marketplace.zone, min(end, now))
        for order in self.purchased_between(account, marketplace, first, last):
            if order.purchased <= now and start <= order.last_updated(now) < end:
                yield order

    def remember(self, key: Hashable, make: Callable[[], _T], weigh: Callable[[_T], int] = lambda _: 100) -> _T:
        """What `make` gives for the key, made once and kept as long as there is room; `weigh` counts its rows."""
        with self._lock:
            found: _T | None = self._derived.get(key)
            if found is None:
                found = make()
                self._derived.put(key, found, weigh(found) + 1)
        return found
