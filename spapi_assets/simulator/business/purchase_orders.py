"""Amazon's purchase orders with the vendor group: what a week's delivery was ordered as, changed to, confirmed and received.
Units are those of vendor_stock.py, of the articles that this vendor delivers itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from .accounts import Account
from .business import Business
from .catalog import Product, list_price, net_price
from .centres import POOLS, Centre, home
from .demand import LAUNCH
from .marketplaces import Marketplace, day_start, local_day
from .seeds import derive, letters
from .vendor import ASSORTMENT, in_view
from .vendor_stock import stock_day

VENDOR_CODE = "KSTL5"
COST = 0.58  # what Amazon pays, of the net price; the inventory report values stock so
_DAY = 86_400
_PLACED_BEFORE = 9  # days from the order to the receiving Tuesday
_SHIPPED_BEFORE = 3
_CLOSED_AFTER = 2


@dataclass(frozen=True, slots=True)
class PurchaseItem:
    """One article of a purchase order, in units; costs of one unit in minor units. `first` is what was ordered at first."""

    number: int
    product: Product
    first: int
    ordered: int
    confirmed: int
    received: int
    cost: int
    list_price: int


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """One purchase order. Instants are epoch seconds; `changed` is 0 where Amazon left the order as it was."""

    number: str
    account: Account
    marketplace: Marketplace
    centre: Centre
    placed: int
    changed: int
    acknowledged: int
    shipped: int
    received: int
    closed: int
    items: tuple[PurchaseItem, ...]

    def ordered(self, item: PurchaseItem, now: float) -> int:
        """Units that the order asks for as of `now`."""
        return item.ordered if self.is_changed(now) else item.first

    def is_changed(self, now: float) -> bool:
        return 0 < self.changed <= now

    def state(self, now: float) -> tuple[str, int]:
        """New, Acknowledged or Closed, and since when."""
        steps = [("New", self.placed), ("Acknowledged", self.acknowledged), ("Closed", self.closed)]
        return max((step for step in steps if step[1] <= now), key=lambda step: step[1])

    def last_updated(self, now: float) -> int:
        """The newest event of the order's life that has happened by `now`."""
        events = (self.placed, self.changed, self.acknowledged, self.received, self.closed)
        return max(event for event in events if event <= now)


def placed_between(
    business: Business, account: Account, m: Marketplace, start: float, end: float, now: float
) -> list[PurchaseOrder]:
    """Purchase orders placed in [start, end] and not after `now`, oldest first."""
    first, last = local_day(m.zone, start), local_day(m.zone, min(end, now))
    sunday = _sunday(first) + timedelta(days=7)
    found: list[PurchaseOrder] = []
    while sunday <= last + timedelta(days=_PLACED_BEFORE):
        found += [order for order in of_week(business, account, m, sunday) if start <= order.placed <= min(end, now)]
        sunday += timedelta(days=7)
    return sorted(found, key=lambda order: (order.placed, order.number))


def find(business: Business, account: Account, m: Marketplace, number: str, now: float, days: int) -> PurchaseOrder | None:
    """The purchase order with this number, if it was placed in the last `days`."""
    recent = placed_between(business, account, m, now - days * _DAY, now, now)
    return next((order for order in recent if order.number == number), None)


def of_week(business: Business, account: Account, m: Marketplace, sunday: date) -> tuple[PurchaseOrder, ...]:
    """The purchase orders that are received in the week that begins on a Sunday, one for each of Amazon's warehouses."""
    if sunday < LAUNCH:
        return ()
    return business.remember(
        ("purchase orders", account.index, m.code, sunday), lambda: tuple(_of_week(business, account, m, sunday)), len
    )


def _of_week(business: Business, account: Account, m: Marketplace, sunday: date) -> Iterator[PurchaseOrder]:
    tuesday = sunday + timedelta(days=2)
    stock = stock_day(business.seed, account, m, tuesday, business.scale)
    for centre in POOLS[m.pool]:
        key = (account.index, m.code, sunday.toordinal(), centre.code)
        draw = derive(business.seed, "purchase order", *key)
        amazon_changes = draw % 5 < 2
        items: list[PurchaseItem] = []
        for product in ASSORTMENT:
            if home(m.pool, product) != centre or not in_view(product, "SOURCING"):
                continue
            asked = stock[product].asked
            # Amazon cut what it first ordered, or struck an article off.
            more = derive(business.seed, "first ordered", product.sku, *key) % 4 * 6 if amazon_changes else 0
            if asked or more:
                cost = round(net_price(product, m, tuesday.year) * COST)
                received = max(0, stock[product].received)
                n = len(items) + 1
                price = list_price(product, m, tuesday.year)
                items.append(PurchaseItem(n, product, asked + more, asked, stock[product].confirmed, received, cost, price))
        if not items:
            continue
        placed = day_start(m.zone, tuesday - timedelta(days=_PLACED_BEFORE)) + 25_200 + draw % 10_800
        received_at = day_start(m.zone, tuesday) + 32_400 + draw % 14_400
        yield PurchaseOrder(
            letters(draw, 8), account, m, centre, placed,
            placed + 72_000 if any(item.first != item.ordered for item in items) else 0,
            placed + 93_600 + draw // 7 % 28_800, received_at - _SHIPPED_BEFORE * _DAY, received_at,
            received_at + _CLOSED_AFTER * _DAY, tuple(items),
        )  # fmt: skip


def _sunday(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)
