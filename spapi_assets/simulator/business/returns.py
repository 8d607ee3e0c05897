"""What customers send back, and why. Every refund in the settlements is a return here, and no other is.
When and how much is refunded is decided in orders.py; what becomes of the stock in ledger.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from .accounts import Account
from .business import Business
from .marketplaces import Marketplace, local_day
from .orders import MAX_OPEN_DAYS, MAX_REFUND_DAYS, Line, Order
from .seeds import derive, letters

_FINE = ("UNWANTED_ITEM", "ORDERED_WRONG_ITEM", "APPAREL_TOO_SMALL", "FOUND_BETTER_PRICE", "NO_REASON_GIVEN")
_BROKEN = ("DEFECTIVE", "QUALITY_UNACCEPTABLE", "DAMAGED_BY_CARRIER", "MISSING_PARTS", "NOT_AS_DESCRIBED")
_COMMENTS = {
    "de": ("Fällt zu klein aus, sonst schön", 'Verschluß undicht – "Premium" sieht anders aus', "Größe paßt nicht"),
    "fr": ("Trop petit, dommage", "Bouchon qui fuit dès la première journée…", "Pas à mon goût"),
    "it": ("Troppo piccolo, qualità così così", "È arrivato rotto", "Non è come nella foto"),
    "es": ("Talla pequeña, señores", "Llegó dañado", "No me gustó el tamaño"),
    "en": ("Too small", 'Not the "9 oz" I ordered', "Leaks from the lid – disappointed"),
    "ja": ("サイズが合いませんでした", "初期不良のため返品します", "イメージと違いました"),
}


@dataclass(frozen=True, slots=True)
class Return:
    """One returned line. `requested` and `delivered` matter for merchant-fulfilled ones; Amazon's arrive at `line.refund_at`."""

    order: Order
    line: Line
    reason: str
    comment: str
    rma: str
    requested: int
    delivered: int

    @property
    def disposition(self) -> str:
        """In which state the units lie in the warehouse afterwards."""
        return "SELLABLE" if self.line.sellable_return else "DEFECTIVE"

    def plate(self, unit: int) -> str:
        """Licence plate number of the n-th returned unit."""
        return f"LPN{self.order.marketplace.country}{derive(0, 'plate', self.order.id, self.line.item_code, unit) % 10**9:09d}"


def returned(business: Business, account: Account, m: Marketplace, start: float, end: float) -> Iterator[Return]:
    """Returns of the marketplace that arrive in [start, end), by purchase of their orders."""
    first = local_day(m.zone, start) - timedelta(days=MAX_REFUND_DAYS + MAX_OPEN_DAYS)
    for order in business.purchased_between(account, m, first, local_day(m.zone, end)):
        for line in order.lines:
            if line.refund_at and start <= line.refund_at < end:
                yield describe(business.seed, order, line)


def describe(seed: int, order: Order, line: Line) -> Return:
    """The return behind a refunded line."""
    draw = derive(seed, "return", order.id, line.item_code)
    reasons = _FINE if line.sellable_return else _BROKEN
    comments = _COMMENTS[order.marketplace.language]
    return Return(
        order,
        line,
        reasons[draw % len(reasons)],
        comments[draw // 11 % len(comments)] if draw % 3 else "",
        f"D{letters(draw, 6)}RRMA",
        line.refund_at - 3 * 86_400 - draw % 86_400,
        line.refund_at - 3_600 - draw % 40_000,
    )
