"""analytics_economics_2024_03_15: what each product sold, what Amazon charged for it, and what is left.
Sales are those of sales and traffic, fees those of the settlements by the day that they arise on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from graphql import GraphQLResolveInfo

from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.business import Business
from spapi_assets.simulator.business.catalog import PRODUCTS, Product, unit_cost
from spapi_assets.simulator.business.dimensions import size
from spapi_assets.simulator.business.handled import Handled, Moved, handled
from spapi_assets.simulator.business.marketplaces import Marketplace
from spapi_assets.simulator.business.settlements import storage_cost
from spapi_assets.simulator.business.traffic import DayFacts, Facts, collect
from spapi_assets.simulator.documents.inward import inside
from spapi_assets.simulator.documents.json_document import amount
from spapi_assets.simulator.documents.periods import Period, days_of
from spapi_assets.simulator.kiosk.query import Asking, Row

ADVERTISING = 0.045  # of what was shipped; the settlements charge it by half a period
_KEYS: dict[str, Callable[[Product], tuple[str, ...]]] = {
    "PARENT_ASIN": lambda p: (p.parent,),
    "CHILD_ASIN": lambda p: (p.parent, p.asin),
    "MSKU": lambda p: (p.parent, p.asin, p.sku),
}


@dataclass(slots=True)
class _Sums:
    """One product group in one period, minor units."""

    products: list[Product]
    facts: Facts = field(default_factory=Facts)
    moved: Moved = field(default_factory=Moved)
    storage: float = 0.0
    stored: float = 0.0  # units on hand, of days


def economics(asking: Asking, _: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Iterator[Row]:
    """One row a store, period and product that sold something or cost something."""
    by = arguments.get("aggregateBy") or {}
    granularity, key = by.get("date") or "DAY", _KEYS[by.get("productId") or "MSKU"]
    first, last = asking.window(arguments["startDate"], arguments["endDate"])
    components = frozenset(arguments.get("includeComponentsForFeeTypes") or ())
    account = asking.business.account(asking.account.selling_partner_id)
    for m in asking.marketplaces(arguments["marketplaceIds"]):
        days = collect(asking.business, account, m, first, last, asking.now)
        moved = handled(asking.business, account, m, first, last, asking.now)
        for period in [(first, last)] if granularity == "RANGE" else inside(granularity, first, last):
            groups: dict[tuple[str, ...], _Sums] = {}
            for product in PRODUCTS:
                groups.setdefault(key(product), _Sums([])).products.append(product)
            for day in days_of(period):
                if day in days:
                    _add(asking.business, account, m, day, groups, days[day], moved[day])
            for names, sums in groups.items():
                if sums.facts.units or sums.moved.units or sums.moved.refunded_units or round(sums.storage):
                    yield _row(m, period, names, sums, components)


def _add(
    business: Business,
    account: Account,
    m: Marketplace,
    day: date,
    groups: dict[tuple[str, ...], _Sums],
    sold: DayFacts,
    did: Handled,
) -> None:
    charged = business.pool(account, m.pool)[0] == m  # the store that the pool's storage is charged to
    stored = storage_cost(business, account, m, day.replace(day=1)) if charged else []
    length = ((day.replace(day=1) + timedelta(days=32)).replace(day=1) - day.replace(day=1)).days
    for sums in groups.values():
        for product in sums.products:
            sums.facts.add(sold.products[product.index])
            sums.moved.add(did.everyone[product.index])
            if charged and product.fba:
                _, units, fee = stored[product.index]
                sums.storage += fee / length
                sums.stored += units / length


def _row(m: Marketplace, period: Period, names: tuple[str, ...], sums: _Sums, components: Collection[str]) -> Row:
    f, moved, product = sums.facts, sums.moved, sums.products[0]
    net, net_units = f.sales - moved.refunded_sales, f.units - moved.refunded_units
    tier = size(product, m).tier
    charges = [
        ("Referral fee", moved.commission, moved.units, "", ""),
        ("Refund administration fee", moved.refund_fee, moved.refunded_units, "", ""),
        ("FBA fulfillment fees", moved.fulfilment, moved.units, "FBA_FULFILLMENT_FEE", "Base fulfillment fee"),
        ("FBA storage fees", round(sums.storage), round(sums.stored, 2), "FBA_STORAGE_FEE", "Base monthly storage fee"),
    ]
    fees = [
        _fee(m, period, name, minor, quantity, tier, component if kind in components else "")
        for name, minor, quantity, kind, component in charges
        if minor
    ]
    ads = round(moved.sales * ADVERTISING)
    cost = unit_cost(product, m) if len(sums.products) == 1 and product.index % 4 else 0  # not told for every product
    left = net - sum(minor for _, minor, *_ in charges) - ads - cost * net_units
    sku = names[2:] and product
    return {
        "marketplaceId": m.id,
        "startDate": period[0].isoformat(),
        "endDate": period[1].isoformat(),
        "parentAsin": names[0],
        "childAsin": names[1] if names[1:] else None,
        "msku": sku.sku if sku else None,
        "fnsku": (sku.fnsku or None) if sku else None,
        "sales": {
            "averageSellingPrice": amount(f.sales / f.units, m) if f.units else None,
            "netProductSales": amount(net, m),
            "netUnitsSold": net_units,
            "orderedProductSales": amount(f.sales, m),
            "refundedProductSales": amount(moved.refunded_sales, m),
            "unitsOrdered": f.units,
            "unitsRefunded": moved.refunded_units,
        },
        "fees": fees,
        "ads": [{"adTypeName": "Sponsored Products charge", "charge": _detail(m, ads, None)}] if ads else [],
        "cost": {"costOfGoodsSold": amount(cost, m)} if cost else None,
        "netProceeds": {"total": amount(left, m), "perUnit": amount(left / net_units, m) if net_units > 0 else None},
    }


def _fee(m: Marketplace, period: Period, name: str, minor: int, quantity: float, tier: str, component: str) -> Row:
    detail = _detail(m, minor, quantity or None)
    fee: Row = {
        "aggregatedDetail": detail,
        "identifier": f"{name.replace(' ', '')}-{period[0]:%Y%m%d}",
        "startDate": period[0].isoformat(),
        "endDate": period[1].isoformat(),
        "properties": [{"propertyName": "Product Size Tier", "propertyValue": tier}] if name.startswith("FBA") else [],
        "components": [{"name": component, "aggregatedDetail": detail, "properties": []}] if component else None,
    }
    return {"feeTypeName": name, "charge": fee, "charges": [fee]}


def _detail(m: Marketplace, minor: int, quantity: float | None) -> Row:
    return {
        "amount": amount(minor, m),
        "promotionAmount": amount(0, m),
        "taxAmount": amount(0, m),
        "totalAmount": amount(minor, m),
        "quantity": quantity,
        "amountPerUnit": amount(minor / quantity, m) if quantity else None,
        "amountPerUnitDelta": None,
    }
