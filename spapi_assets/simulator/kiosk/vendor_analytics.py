"""analytics_vendorAnalytics_2024_09_30: the manufacturing and the sourcing view, with the numbers of the vendor reports.
Metrics come grouped by whatever attributes the query selects; all selling programs are in them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from graphql import GraphQLResolveInfo

from spapi_assets.simulator.business.catalog import Product, list_price
from spapi_assets.simulator.business.items import BRAND, barcode
from spapi_assets.simulator.business.marketplaces import MARKETPLACES, Marketplace, day_bounds, utc
from spapi_assets.simulator.business.purchase_orders import VENDOR_CODE
from spapi_assets.simulator.business.titles import title
from spapi_assets.simulator.business.vendor import ASSORTMENT, VendorFacts, in_view
from spapi_assets.simulator.business.vendor_hours import PROGRAMS
from spapi_assets.simulator.business.vendor_stock import forecast
from spapi_assets.simulator.documents.families.vendor.common import PUBLISHED_AFTER
from spapi_assets.simulator.documents.families.vendor.forecasting import WEEKS
from spapi_assets.simulator.documents.families.vendor.inventory import Sums, collect
from spapi_assets.simulator.documents.families.vendor.margin import revenue_and_profit
from spapi_assets.simulator.documents.families.vendor.sales import sums
from spapi_assets.simulator.documents.inward import inside
from spapi_assets.simulator.documents.json_document import fraction
from spapi_assets.simulator.documents.model import Request
from spapi_assets.simulator.documents.periods import Period, first_of_period
from spapi_assets.simulator.kiosk.money import Exchange
from spapi_assets.simulator.kiosk.query import Asking, Failed, Row, selected

MANUFACTURING, SOURCING = "MANUFACTURING", "SOURCING"


def manufacturing_view(asking: Asking, info: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Iterator[Row]:
    """All of the brand's ASINs."""
    yield from _view(asking, info, arguments, MANUFACTURING)


def sourcing_view(asking: Asking, info: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Iterator[Row]:
    """The ASINs that this vendor delivers to Amazon itself."""
    yield from _view(asking, info, arguments, SOURCING)


def _view(asking: Asking, info: GraphQLResolveInfo, arguments: Mapping[str, Any], view: str) -> Iterator[Row]:
    first, last = asking.window(arguments["startDate"], arguments["endDate"])
    code = arguments.get("currencyCode") or "USD"
    if code not in {m.currency for m in MARKETPLACES}:
        raise Failed(f"The currencyCode {code} is not supported.")
    grouped = tuple(sorted(selected(info, "metrics", "groupByKey")))
    for m in asking.business.account(asking.account.selling_partner_id).marketplaces:
        published = [
            period
            for period in inside(arguments["aggregateBy"], first, last)
            if day_bounds(m.zone, period[1])[1] + PUBLISHED_AFTER <= asking.now
        ]
        for period in published:
            facts = _Facts(asking, m, view, period, Exchange(m, code, period[0].year), with_forecast=period == published[-1])
            if facts.products:
                groups: dict[tuple[Any, ...], list[Product]] = {}
                for product in facts.products if grouped else ():
                    attributes = _attributes(product, facts.exchange)
                    groups.setdefault(tuple(str(attributes.get(name)) for name in grouped), []).append(product)
                yield {
                    "marketplaceId": m.id,
                    "startDate": period[0].isoformat(),
                    "endDate": period[1].isoformat(),
                    "totals": facts.metrics(facts.products),
                    "metrics": [
                        {"groupByKey": _attributes(products[0], facts.exchange), "metrics": facts.metrics(products)}
                        for products in groups.values()
                    ],
                }


class _Facts:
    """What the vendor reports tell of one period, product by product."""

    def __init__(
        self, asking: Asking, m: Marketplace, view: str, period: Period, exchange: Exchange, *, with_forecast: bool
    ) -> None:
        business, account = asking.business, asking.business.account(asking.account.selling_partner_id)
        now = utc(asking.now)
        request = Request(business, account, "", (m,), {}, now, now, now)
        self.exchange, self.view, self.m = exchange, view, m
        self.sales: dict[Product, VendorFacts] = {}
        for program in PROGRAMS:
            for product, f in sums(request, m, program, view, period).items():
                self.sales.setdefault(product, VendorFacts()).add(f)
        self.stock = collect(request, m, period, [p for p in ASSORTMENT if in_view(p, view)])
        self.products = [p for p in self.stock if p in self.sales or _is_held(self.stock[p])]
        self.margin = revenue_and_profit(request, m, period)
        self._forecast = self._made(asking, m) if with_forecast and view == MANUFACTURING else None

    def metrics(self, products: list[Product]) -> Row:
        """The metrics of some products together."""
        f, s = VendorFacts(), Sums()
        for product in products:
            f.add(self.sales.get(product, VendorFacts()))
            s.add(self.stock[product])
        found: Row = {
            "costs": self._costs(products, f),
            "customerSatisfaction": {"customerReturns": f.returns},
            "productAvailability": self._availability(s),
            "shippedOrders": {
                "averageSellingPrice": self.exchange.amount(f.shipped_revenue / f.shipped_units) if f.shipped_units else None,
                "shippedUnitsWithRevenue": self.exchange.units(f.shipped_units, f.shipped_revenue),
            },
            "sourcing": self._sourcing(s),
        }
        if self.view == MANUFACTURING:
            found["orders"] = {
                "netOrderedGMS": self.exchange.amount(f.ordered_revenue),
                "netShipmentGMS": self.exchange.amount(f.shipped_revenue),
                "orderedUnitsWithRevenue": self.exchange.units(f.ordered_units, f.ordered_revenue),
                "unfilledOrderedUnits": s.waiting_end,
            }
            found["traffic"] = {"glanceViews": s.views, "lostFeaturedOffer": fraction(s.views_sold_out, s.views)}
            found["forecasting"] = self._weeks(products)
        return found

    def _costs(self, products: list[Product], f: VendorFacts) -> Row:
        revenue, profit = (sum(part[p] for p in products) for part in self.margin)
        funding = f.shipped_revenue - f.shipped_cogs - profit
        return {
            "shippedCogs": self.exchange.amount(f.shipped_cogs),
            "netPPM": round(profit / revenue, 4) if revenue else None,
            "contraCogs": self.exchange.amount(funding),
            "contraCogsPerUnit": self.exchange.amount(funding / f.shipped_units) if f.shipped_units else None,
            "salesDiscount": self.exchange.amount(0),
            "averageSalesDiscount": self.exchange.amount(0) if f.shipped_units else None,
        }

    def _availability(self, s: Sums) -> Row:
        held = s.opening + s.received
        return {
            "aged90DaysSellableInventory": self.exchange.units(s.aged_end, s.aged_cost),
            "sellThroughRate": round((s.shipped - s.returned) / held, 4) if held > 0 else None,
            "sellableInTransitInventory": s.open_orders_end,
            "sellableOnHandInventory": self.exchange.units(s.sellable_end, s.sellable_cost),
            "sourceableROOS": fraction(s.views_sold_out, s.views),
            "ultraFastTrack": round(1 - fraction(s.views_sold_out, s.views), 4),
            "unhealthyInventory": self.exchange.units(s.unhealthy_end, s.unhealthy_cost),
            "unsellableInTransitInventory": 0,
            "unsellableOnHandInventory": self.exchange.units(s.unsellable_end, s.unsellable_cost),
        }

    def _sourcing(self, s: Sums) -> Row:
        return {
            "confirmedUnits": s.confirmed,
            "mostRecentSubmitted": s.asked,
            "netReceived": self.exchange.units(s.received, s.received_cost),
            "openPurchaseOrderQuantity": s.open_orders_end,
            "overallVendorLeadTime": round(s.lead_days / s.received, 1) if s.received > 0 else None,
            "procurableProductOOS": fraction(s.views_sold_out, s.views),
            "receivedFillRate": fraction(max(0, s.received), s.confirmed) if s.confirmed else None,
            "vendorConfirmationRate": fraction(s.confirmed, s.asked) if s.asked else None,
        }

    def _made(self, asking: Asking, m: Marketplace) -> dict[Product, list[tuple[Any, tuple[float, float, float, float]]]]:
        """The weekly forecast that holds now."""
        business, account = asking.business, asking.business.account(asking.account.selling_partner_id)
        made = first_of_period("WEEK", utc(asking.now).astimezone(m.tz).date())
        weeks = [made + timedelta(weeks=n) for n in range(WEEKS)]
        return {
            p: [(week, forecast(business.seed, account, m, p, week, made, business.scale)) for week in weeks]
            for p in self.products
        }

    def _weeks(self, products: list[Product]) -> list[Row] | None:
        if self._forecast is None:
            return None
        rows = []
        for n in range(WEEKS):
            start = self._forecast[products[0]][n][0]
            expected = [sum(self._forecast[p][n][1][part] for p in products) for part in range(4)]
            rows.append(
                {
                    "weekNumber": n + 1,
                    "startDate": start.isoformat(),
                    "endDate": (start + timedelta(days=6)).isoformat(),
                    "demand": {name: round(value) for name, value in zip(("mean", "p70", "p80", "p90"), expected, strict=True)},
                }
            )
        return rows


def _is_held(s: Sums) -> bool:
    return bool(s.received or s.sellable_end or s.views)


def _attributes(product: Product, exchange: Exchange) -> Row:
    """What the catalogue knows of a product; where it was shipped to is told to nobody here."""
    upc = barcode(product)
    return {
        "asin": product.asin,
        "parentAsin": product.parent,
        "brand": BRAND,
        "brandCode": VENDOR_CODE[:4],
        "manufacturerCode": VENDOR_CODE,
        "vendorCode": VENDOR_CODE,
        "modelNumber": product.sku,
        "productGroup": "Sports",
        "productTitle": title(product, exchange.marketplace.language),
        "binding": "Sports",
        "upc": upc,
        "ean": f"0{upc}",
        "msrp": exchange.amount(list_price(product, exchange.marketplace, exchange.year)),
        "releaseDate": "2022-03-01",
        "replenishmentCategory": "Planned Replenishment",
    }
