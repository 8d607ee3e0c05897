"""Payouts: every 14 days and marketplace, shipped orders and refunds less Amazon's fees; minor units, positive for the seller.
How a settlement report prints them is not decided here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .accounts import Account
from .business import Business
from .catalog import PRODUCTS, Product, fulfilment_fee, net_price
from .demand import LAUNCH
from .marketplaces import INDEX, Marketplace, day_start, local_day, utc
from .orders import MAX_OPEN_DAYS, MAX_REFUND_DAYS, Line, Order
from .seeds import derive, unit

PERIOD = 14 * 86_400
COMMISSION = 0.15  # of the price after promotions and of shipping
RESERVED = 0.08  # of a week's sales, held back until the next settlement
_WEEK = 7 * 86_400
_FIRST = date(2022, 3, 7)


@dataclass(frozen=True)
class Period:
    """One settlement: [start, end) in epoch seconds; the report is created `created`, the money arrives `deposit`."""

    id: str
    account: Account
    marketplace: Marketplace
    start: int
    end: int
    created: int
    deposit: int


@dataclass(frozen=True, slots=True)
class Credit:
    """What Amazon pays for one unit that it damaged. `number` tells a period's credits apart."""

    period: Period
    number: int
    product: Product
    amount: int
    posted: int


@dataclass(slots=True)
class Entry:
    """One amount of a settlement."""

    type: str
    amount_type: str
    description: str
    amount: int
    posted: int
    order: Order | None = None
    line: Line | None = None
    units: int = 0  # quantity-purchased; on the principal only, so that it sums to units sold
    promotion_id: str = ""
    product: Product | None = None


def period(business: Business, account: Account, marketplace: Marketplace, number: int) -> Period:
    """Settlement `number` of the marketplace since the launch."""
    m = INDEX[marketplace.code]
    first = day_start("UTC", _FIRST + timedelta(days=m)) + 3_600 * (3 + m) + 61 * m
    start = first + number * PERIOD
    id_ = 11_000_000_000 + derive(business.seed, "settlement", account.index, marketplace.code, number) % 9_000_000_000
    return Period(
        str(id_), account, marketplace, start, start + PERIOD, start + PERIOD + 9_000 + 1_800 * m, start + PERIOD + 2 * 86_400
    )


def periods(business: Business, account: Account, marketplace: Marketplace, since: float, until: float) -> Iterator[Period]:
    """Settlements whose reports are created in [since, until)."""
    number = max(0, int((since - period(business, account, marketplace, 0).created) // PERIOD))
    while (found := period(business, account, marketplace, number)).created < until:
        if found.created >= since:
            yield found
        number += 1


def find(business: Business, account: Account, marketplace: Marketplace, start: datetime) -> Period | None:
    """The settlement that begins at `start` (to the second)."""
    number, rest = divmod(int(start.timestamp()) - period(business, account, marketplace, 0).start, PERIOD)
    return period(business, account, marketplace, number) if rest == 0 and number >= 0 else None


def entries(business: Business, p: Period) -> list[Entry]:
    """All amounts of a settlement, the reserve carried over included, oldest first."""
    zone = p.marketplace.zone
    found: list[Entry] = []
    last_week = 0
    first = max(LAUNCH, local_day(zone, p.start) - timedelta(days=MAX_REFUND_DAYS + MAX_OPEN_DAYS))
    for order in business.purchased_between(p.account, p.marketplace, first, local_day(zone, p.end)):
        for line in order.lines:
            if order.shipped and p.start <= order.shipped < p.end:
                found += _sale(order, line)
                last_week += line.price if order.shipped >= p.end - _WEEK else 0
            if line.refund_at and p.start <= line.refund_at < p.end:
                found += _refund(order, line)
    found += _services(business, p, [e for e in found if e.type == "Order" and e.description == "Principal"])
    found.sort(key=lambda e: e.posted)
    carried = _reserve(_principal_of_last_week(business, p))
    if carried:
        found.insert(0, Entry("other-transaction", "other-transaction", "Previous Reserve Amount Balance", carried, p.start))
    if _reserve(last_week):
        found.append(Entry("other-transaction", "other-transaction", "Current Reserve Amount", -_reserve(last_week), p.end - 1))
    return found


def commission(line: Line) -> int:
    """The referral fee of a line, positive."""
    return round(COMMISSION * (line.price - line.discount + line.shipping - line.shipping_discount))


def _reserve(principal: int) -> int:
    return round(principal * RESERVED)


def _principal_of_last_week(business: Business, p: Period) -> int:
    """What was shipped in the week before the period: the base of the reserve that the period before it held back."""
    zone = p.marketplace.zone
    first = max(LAUNCH, local_day(zone, p.start - _WEEK) - timedelta(days=MAX_OPEN_DAYS))
    orders = business.purchased_between(p.account, p.marketplace, first, local_day(zone, p.start))
    return sum(line.price for o in orders if o.shipped and p.start - _WEEK <= o.shipped < p.start for line in o.lines)


def _sale(order: Order, line: Line) -> Iterator[Entry]:
    m, at = order.marketplace, order.shipped

    def entry(amount_type: str, description: str, amount: int, promotion_id: str = "") -> Iterator[Entry]:
        if amount:
            yield Entry("Order", amount_type, description, amount, at, order, line, 0, promotion_id)

    yield Entry("Order", "ItemPrice", "Principal", line.price, at, order, line, line.units)
    yield from entry("ItemPrice", "Tax", line.tax)
    yield from entry("ItemPrice", "Shipping", line.shipping)
    yield from entry("ItemPrice", "ShippingTax", line.shipping_tax)
    if m.facilitator:
        yield from entry("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", -line.tax)
        yield from entry("ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping", -line.shipping_tax)
    yield from entry("ItemFees", "Commission", -commission(line))
    if line.product.fba:
        yield from entry("ItemFees", "FBAPerUnitFulfillmentFee", -fulfilment_fee(line.product, m) * line.units)
        yield from entry("ItemFees", "ShippingChargeback", -(line.shipping - line.shipping_discount))
    item = next((i for i in line.promotion_ids if "Shipping" not in i), "")
    free = next((i for i in line.promotion_ids if "Shipping" in i), "")
    yield from entry("Promotion", "Principal", -line.discount, item)
    yield from entry("Promotion", "Shipping", -line.shipping_discount, free)


def _refund(order: Order, line: Line) -> Iterator[Entry]:
    at = line.refund_at
    fee = line.refunded(commission(line))
    amounts = [
        ("ItemPrice", "Principal", -line.refunded(line.price)),
        ("ItemPrice", "Tax", -line.refunded(line.tax)),
        (
            "ItemWithheldTax",
            "MarketplaceFacilitatorTax-Principal",
            line.refunded(line.tax) if order.marketplace.facilitator else 0,
        ),
        ("ItemFees", "Commission", fee),
        ("ItemFees", "RefundCommission", -round(fee * 0.2)),
        ("Promotion", "Principal", line.refunded(line.discount)),
    ]
    for amount_type, description, amount in amounts:
        if amount:
            yield Entry("Refund", amount_type, description, amount, at, order, line)


def _services(business: Business, p: Period, principals: list[Entry]) -> Iterator[Entry]:
    """Fees and credits that belong to no order."""
    m = p.marketplace
    for half in (0, 1):
        begin = p.start + half * _WEEK
        sold = sum(e.amount for e in principals if begin <= e.posted < begin + _WEEK)
        if sold:
            posted = begin + _WEEK - 5_400
            yield Entry("ServiceFee", "Cost of Advertising", "TransactionTotalAmount", -round(sold * 0.045), posted)
    day = utc(p.start).date()
    while (at := day_start("UTC", day)) < p.end:
        if day.day == 2 and p.start <= at + 840 < p.end:
            yield Entry("ServiceFee", "other-transaction", "Subscription Fee", -subscription(m), at + 840)
        if day.day == 9 and p.start <= at + 30_000 < p.end and business.pool(p.account, m.pool)[0] == m:
            yield Entry("other-transaction", "other-transaction", "Storage Fee", -_storage(business, p, day), at + 30_000)
        day += timedelta(days=1)
    for credit in credits_for_damage(business, p):
        yield Entry(
            "other-transaction",
            "FBA Inventory Reimbursement",
            "WAREHOUSE_DAMAGE",
            credit.amount,
            credit.posted,
            product=credit.product,
        )


def credits_for_damage(business: Business, p: Period) -> tuple[Credit, ...]:
    """Credits for units that Amazon damaged: two for the same product, alike in everything, because units are credited one by
    one; nothing in a settlement tells the two rows apart."""
    product = PRODUCTS[int(unit(business.seed, "lost", p.id) * 12)]
    posted = p.start + int(unit(business.seed, "lost at", p.id) * PERIOD)
    amount = round(net_price(product, p.marketplace, utc(posted).year) * 0.8)
    return tuple(Credit(p, number, product, amount, posted) for number in (1, 2))


def storage_cost(business: Business, account: Account, m: Marketplace, month: date) -> list[tuple[Product, int, float]]:
    """A month's storage in the pool that the marketplace sells from: product, units on hand at its middle, and the fee in
    minor units, not rounded. The settlement of the pool's first marketplace charges the sum."""
    stock = business.stock_day(account, m.pool, month.replace(day=15)).opening
    rate = storage_rate(month) * m.per_euro * 10**m.digits
    return [(p, max(0, units), max(0, units) * p.volume / 1_000 * rate) for p, units in zip(PRODUCTS, stock, strict=True)]


def subscription(m: Marketplace) -> int:
    """A month's professional selling plan, in minor units."""
    return round(39 * m.per_euro * 10**m.digits)


def storage_rate(month: date) -> float:
    """Euros for a cubic metre and month; dearer from October to December."""
    return 41.0 if month.month >= 10 else 27.5


def _storage(business: Business, p: Period, day: date) -> int:
    """Last month's storage fee."""
    return round(
        sum(fee for _, _, fee in storage_cost(business, p.account, p.marketplace, day.replace(day=1) - timedelta(days=1)))
    )
