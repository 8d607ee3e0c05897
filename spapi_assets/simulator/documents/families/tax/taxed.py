"""The amounts of a line as tax reports split them: goods, their promotion, shipping and its promotion, net and tax.
Refunds are negative and hold goods only, as the settlements refund them."""

from __future__ import annotations

from dataclasses import dataclass

from ....business.orders import Line, Order


@dataclass(frozen=True, slots=True)
class Part:
    """A net amount and its tax in minor units."""

    net: int
    tax: int

    @property
    def gross(self) -> int:
        return self.net + self.tax

    def __add__(self, other: Part) -> Part:
        return Part(self.net + other.net, self.tax + other.tax)


@dataclass(frozen=True, slots=True)
class Taxed:
    """A sold or refunded line. Promotions are negative in a sale."""

    order: Order
    line: Line
    at: int
    units: int
    goods: Part
    promotion: Part
    shipping: Part
    shipping_promotion: Part

    @property
    def total(self) -> Part:
        return self.goods + self.promotion + self.shipping + self.shipping_promotion


def sale(order: Order, line: Line) -> Taxed:
    """A line at its shipment."""
    rate = order.marketplace.vat
    promotion = Part(-line.discount, -round(line.discount * rate))
    shipping_promotion = Part(-line.shipping_discount, -round(line.shipping_discount * rate))
    return Taxed(
        order,
        line,
        order.shipped,
        line.units,
        Part(line.price, line.tax - promotion.tax),
        promotion,
        Part(line.shipping, line.shipping_tax - shipping_promotion.tax),
        shipping_promotion,
    )


def refund(order: Order, line: Line) -> Taxed:
    """What was given back of a line."""
    sold = sale(order, line)
    promotion = Part(line.refunded(line.discount), line.refunded(-sold.promotion.tax))
    goods = Part(-line.refunded(line.price), -line.refunded(line.tax) - promotion.tax)
    nothing = Part(0, 0)
    return Taxed(order, line, line.refund_at, line.refund_units, goods, promotion, nothing, nothing)
