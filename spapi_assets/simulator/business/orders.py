"""Orders with everything a report may ask: ids, prices, tax, promotions, shipping, address, life cycle, refunds (minor units).
What stock could serve is decided before (stock.py); which state an order shows depends on when one looks."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

from .accounts import Account
from .catalog import PRODUCTS, Product, net_price
from .demand import Promotion, promotions
from .drafts import Draft
from .marketplaces import INDEX, Marketplace
from .places import PLACES
from .seeds import derive, generator

_DAY = 86_400
MAX_OPEN_DAYS = 5  # an order is shipped or cancelled within this time of its purchase
MAX_UPDATE_DAYS = 16  # nothing changes an order's last-updated date later than this after its purchase
MAX_REFUND_DAYS = 36
_IDS = 10**14
_PREFIX = {
    "DE": 302, "UK": 204, "FR": 405, "IT": 407, "ES": 403, "US": 113, "CA": 701, "MX": 702, "JP": 249, "IN": 408,
}  # fmt: skip
_STEP = 61_803_398_874_989  # coprime to 10**14, so that distinct order numbers give distinct ids


@dataclass(slots=True)
class Line:
    """One line of an order, in the marketplace's minor currency units and without tax unless named so."""

    product: Product
    units: int
    price: int  # item-price: all units, before promotions
    tax: int
    shipping: int
    shipping_tax: int
    discount: int  # item promotion, positive
    shipping_discount: int
    promotion_ids: tuple[str, ...]
    item_code: str
    refund_at: int  # 0: never
    refund_units: int
    sellable_return: bool

    def refunded(self, amount: int) -> int:
        """The refunded units' part of an amount of the whole line."""
        return amount * self.refund_units // self.units


@dataclass(slots=True)
class Order:
    """One customer order. All instants are epoch seconds (UTC)."""

    id: str
    marketplace: Marketplace
    purchased: int
    shipped: int  # 0 if it was cancelled
    cancelled: int  # 0 if it was kept
    touched: int  # a late change after shipping, 0 if none
    attributed: int  # when Amazon's analytics count it
    business: bool
    merchant_fulfilled: bool
    service_level: str
    place: tuple[str, str, str, str]
    lines: tuple[Line, ...]

    def status(self, now: float) -> str:
        """Order status as of `now`: Pending, then Shipped or Cancelled."""
        if self.cancelled and self.cancelled <= now:
            return "Cancelled"
        return "Shipped" if self.shipped and self.shipped <= now else "Pending"

    def last_updated(self, now: float) -> int:
        """The newest event of the order's life that has happened by `now`."""
        events = (self.purchased, self.purchased + 1_800, self.cancelled, self.shipped, self.touched)
        return max(e for e in events if e <= now)


def order_id(seed: int, account: Account, marketplace: Marketplace, day: date, number: int) -> str:
    """Amazon's 3-7-7 digits; different orders never share one."""
    serial = ((day.toordinal() - 730_000) * 256 + account.index * 32 + INDEX[marketplace.code]) * 100_000 + number
    digits = f"{(serial * _STEP + derive(seed, 'order ids')) % _IDS:014d}"
    return f"{_PREFIX[marketplace.code]}-{digits[:7]}-{digits[7:]}"


def locate(seed: int, id_: str) -> tuple[int, str, date, int] | None:
    """Account index, marketplace code, local day and number of an order's id: order_id() backwards. None for no id of ours;
    whether there was such an order on the day is another question."""
    digits = id_[4:].replace("-", "")
    if len(id_) != 19 or not digits.isdecimal() or len(digits) != 14:
        return None
    serial = (int(digits) - derive(seed, "order ids")) * pow(_STEP, -1, _IDS) % _IDS
    place, number = divmod(serial, 100_000)
    days, place = divmod(place, 256)
    index, store = divmod(place, 32)
    codes = list(INDEX)
    if store >= len(codes) or not 0 < days + 730_000 <= date.max.toordinal():
        return None
    found = index, codes[store], date.fromordinal(days + 730_000), number
    return found if id_.startswith(f"{_PREFIX[found[1]]}-") else None


def build_day(seed: int, account: Account, marketplace: Marketplace, day: date, drafts: list[Draft]) -> tuple[Order, ...]:
    """The orders of one marketplace-local day from the attempts that stock could serve."""
    rng = generator(seed, "orders", account.index, marketplace.code, day.toordinal())
    running = promotions(seed, day)
    return tuple(
        _order(rng, marketplace, day, draft, running, order_id(seed, account, marketplace, day, n))
        for n, draft in enumerate(drafts)
    )


def _order(
    rng: random.Random, marketplace: Marketplace, day: date, draft: Draft, running: tuple[Promotion, ...], id_: str
) -> Order:
    draw = rng.random
    purchased = draft.instant
    merchant = any(not PRODUCTS[index].fba for index, _ in draft.lines)
    hours = 20 + 48 * draw() if merchant else 5 + 33 * draw()
    cancelled = purchased + draft.cancel_after if draft.cancel_after else 0
    shipped = 0 if cancelled else purchased + int(hours * 3_600)
    touched = shipped + int((2 + 8 * draw()) * _DAY) if shipped and draw() < 0.03 else 0
    late = draw()
    attributed = purchased if late < 0.93 else purchased + int((0.6 + 11.5 * (late - 0.93) / 0.07) * _DAY)
    expedited = draw() < 0.18
    lines = tuple(_line(rng, marketplace, day, draft.business, i, units, running, shipped, expedited) for i, units in draft.lines)
    place = PLACES[marketplace.code][int(draw() ** 1.3 * len(PLACES[marketplace.code]))]
    level = "Standard" if merchant else "Expedited" if expedited else "SecondDay" if draw() < 0.3 else "Standard"
    return Order(
        id_, marketplace, purchased, shipped, cancelled, touched, attributed, draft.business, merchant, level, place, lines
    )


def _line(
    rng: random.Random,
    marketplace: Marketplace,
    day: date,
    business: bool,
    index: int,
    units: int,
    running: tuple[Promotion, ...],
    shipped: int,
    expedited: bool,
) -> Line:
    draw = rng.random
    product = PRODUCTS[index]
    unit_price = net_price(product, marketplace, day.year)
    if business and units >= 5:
        unit_price = round(unit_price * 0.92)
    price = unit_price * units
    shipping = shipping_discount = 0
    ids: list[str] = []
    if draw() < 0.12 or (expedited and draw() < 0.5):
        shipping = round(3.36 * marketplace.per_euro * 10**marketplace.digits)
        if draw() < 0.5:
            shipping_discount = shipping
            ids.append(f"{marketplace.country} Core Free Shipping {day.year}")
    discount = 0
    best = max((p for p in running if p.covers(product.line)), key=lambda p: p.discount, default=None)
    if best is not None and draw() < 0.75:
        discount = round(price * best.discount)
        ids.append(best.id)
    elif draw() < 0.04:
        discount = round(price * 0.05)
        ids.append("PAWS-V2-COUPON5")
    tax = round((price - discount) * marketplace.vat)
    shipping_tax = round((shipping - shipping_discount) * marketplace.vat)
    refund_at = refund_units = 0
    returned = draw()
    if shipped and returned < product.return_rate:
        refund_at = shipped + int((6 + 24 * draw()) * _DAY)
        refund_units = units if draw() < 0.8 else 1 + int(draw() * units)
    return Line(
        product, units, price, tax, shipping, shipping_tax, discount, shipping_discount, tuple(ids),
        f"{rng.randrange(10**13, 10**14)}", refund_at, min(refund_units, units), draw() < 0.62,
    )  # fmt: skip
