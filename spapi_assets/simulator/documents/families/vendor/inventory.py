"""GET_VENDOR_INVENTORY_REPORT as JSON after Amazon's schema vendorInventoryReport; published 72 hours after a period closes.
Stock is that of the period's last day, receipts are sums, rates are quotients of sums; a rate of nothing is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ....business.catalog import Product, net_price
from ....business.demand import LAUNCH
from ....business.marketplaces import Marketplace
from ....business.vendor import ASSORTMENT, day_facts, in_view
from ....business.vendor_hours import PROGRAMS, glance_views
from ....business.vendor_stock import daily_mean, stock_day
from ...json_document import amount, fraction, json_document
from ...model import Document, NoData, Request
from ...periods import Period, dates_of, days_of
from .common import VIEWS, periods_of, require_options, specification


@dataclass(slots=True)
class Sums:
    """One product, or all, over a period. Costs in minor units; `_end` fields are as of the last day."""

    opening: int = 0
    received: int = 0
    received_cost: int = 0
    asked: int = 0
    confirmed: int = 0
    shipped: int = 0
    returned: int = 0
    views: int = 0
    views_sold_out: int = 0
    lead_days: float = 0.0
    open_orders_end: int = 0
    waiting_end: int = 0
    sellable_end: int = 0
    sellable_cost: int = 0
    unsellable_end: int = 0
    unsellable_cost: int = 0
    aged_end: int = 0
    aged_cost: int = 0
    unhealthy_end: int = 0
    unhealthy_cost: int = 0

    def add(self, other: Sums) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def render(request: Request) -> Document:
    """Inventory of whole periods, of all products and of each."""
    m = request.one_marketplace()
    require_options(request, "reportPeriod", "distributorView", "sellingProgram")
    view = request.option("distributorView", VIEWS, "")
    program = request.option("sellingProgram", ("RETAIL", "FRESH"), "")
    period, found = periods_of(request, m)
    aggregate, by_asin = [], []
    for dates in found:
        if program == "FRESH" or dates[0] < LAUNCH:
            continue
        sums = collect(request, m, dates, [p for p in ASSORTMENT if in_view(p, view)])
        everything = Sums()
        for product, s in sums.items():
            everything.add(s)
            by_asin.append({**dates_of(dates), "asin": product.asin, **measures_of(s, m)})
        aggregate.append({**dates_of(dates), **_rates_of_all(everything), **measures_of(everything, m)})
    if not by_asin:
        raise NoData("Amazon held nothing of the vendor's in this selling program in the period.")
    options = {"reportPeriod": period, "distributorView": view, "sellingProgram": program}
    return json_document(
        {
            "reportSpecification": specification(request, m, options, found),
            "inventoryAggregate": aggregate,
            "inventoryByAsin": by_asin,
        }
    )


def collect(request: Request, m: Marketplace, dates: Period, products: list[Product]) -> dict[Product, Sums]:
    """A period's stock, receipts and views by product."""
    b, account, now = request.business, request.account, request.now.timestamp()
    sums = {product: Sums() for product in products}
    for day in days_of(dates):
        stock = stock_day(b.seed, account, m, day, b.scale)
        views = glance_views(b.seed, account, m, day, b.scale)
        programs = [day_facts(b.seed, account, m, program, day, b.scale, now) for program in PROGRAMS]
        for product, s in sums.items():
            today, cost = stock[product], round(net_price(product, m, day.year) * 0.58)
            if day == dates[0]:
                s.opening = today.opening
            s.received += today.received
            s.received_cost += today.received * cost
            s.asked += today.asked
            s.confirmed += today.confirmed
            s.lead_days += max(0, today.received) * (5.5 + product.index % 7)
            s.shipped += today.shipped
            s.returned += sum(facts[product].returns for facts in programs)
            s.views += views[product]
            s.views_sold_out += views[product] if today.closing <= 0 else 0
            if day == dates[1]:
                _close(s, today.closing, cost, product, daily_mean(b.seed, account, m.code, product, day, b.scale))
                s.open_orders_end, s.waiting_end = today.open_orders, today.waiting
    return sums


def _close(s: Sums, closing: int, cost: int, product: Product, mean: float) -> None:
    """The state on the last day."""
    s.sellable_end, s.sellable_cost = closing, closing * cost
    s.unsellable_end = int(closing * product.return_rate * 0.5)
    s.unsellable_cost = s.unsellable_end * cost
    s.aged_end = int(max(0, closing) * (product.index % 6) / 40)
    s.aged_cost = s.aged_end * cost
    s.unhealthy_end = max(0, closing - round(mean * 32))
    s.unhealthy_cost = s.unhealthy_end * cost


def _rates_of_all(s: Sums) -> dict[str, Any]:
    """What only the aggregate has."""
    sold_out = fraction(s.views_sold_out, s.views)
    rates = {"procurableProductOutOfStockRate": sold_out, "uft": round(1 - sold_out, 4)}
    return rates | ({"receiveFillRate": fraction(max(0, s.received), s.confirmed)} if s.confirmed else {})


def measures_of(s: Sums, m: Marketplace) -> dict[str, Any]:
    """The report's measures of one product, or of all."""
    measures: dict[str, Any] = {
        "netReceivedInventoryCost": amount(s.received_cost, m),
        "netReceivedInventoryUnits": s.received,
        "openPurchaseOrderUnits": s.open_orders_end,
        "unfilledCustomerOrderedUnits": s.waiting_end,
        "sellableOnHandInventoryCost": amount(s.sellable_cost, m),
        "sellableOnHandInventoryUnits": s.sellable_end,
        "unsellableOnHandInventoryCost": amount(s.unsellable_cost, m),
        "unsellableOnHandInventoryUnits": s.unsellable_end,
        "aged90PlusDaysSellableInventoryCost": amount(s.aged_cost, m),
        "aged90PlusDaysSellableInventoryUnits": s.aged_end,
        "unhealthyInventoryCost": amount(s.unhealthy_cost, m),
        "unhealthyInventoryUnits": s.unhealthy_end,
    }
    if s.asked:
        measures["vendorConfirmationRate"] = fraction(s.confirmed, s.asked)
    if s.received > 0:
        measures["averageVendorLeadTimeDays"] = round(s.lead_days / s.received, 1)
    if s.opening + s.received > 0:
        measures["sellThroughRate"] = round((s.shipped - s.returned) / (s.opening + s.received), 4)
    return measures
