"""What leaves the warehouses without a buyer, what Amazon pays for, and what it complains of: removals, reimbursements, faults.
Removals and damage are decided in business/removals.py and business/handling.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ....business.catalog import Product
from ....business.centres import dock
from ....business.demand import LAUNCH
from ....business.handling import deliveries
from ....business.marketplaces import Marketplace, local_day
from ....business.removals import Removal, defective, surplus
from ....business.seeds import derive
from ....business.settlements import PERIOD, credits_for_damage, periods
from ....business.stock import cycle_of
from ....business.titles import title
from ...flat import Cells, iso, money, named_file
from ...model import Document, NoData, Request
from ...rules import pools, window

ORDERS = (
    "request-date", "order-id", "order-type", "order-status", "last-updated-date", "sku", "fnsku", "disposition",
    "requested-quantity", "cancelled-quantity", "disposed-quantity", "shipped-quantity", "in-process-quantity", "removal-fee",
    "currency",
)  # fmt: skip
SHIPMENTS = (
    "removal-date", "order-id", "shipment-date", "sku", "fnsku", "disposition", "quantity shipped", "carrier", "tracking-number",
)  # fmt: skip
REIMBURSEMENTS = (
    "approval-date", "reimbursement-id", "case-id", "amazon-order-id", "reason", "sku", "fnsku", "asin", "product-name",
    "condition", "currency-unit", "amount-per-unit", "quantity-reimbursed-cash", "amount-total", "quantity-reimbursed-inventory",
    "quantity-reimbursed-total", "original-reimbursement-id", "original-reimbursement-type",
)  # fmt: skip
NONCOMPLIANCE = (
    "issue-reported-date", "shipment-creation-date", "fba-shipment-id", "fba-carton-id", "fulfillment-center-id", "sku", "fnsku",
    "asin", "product-name", "problem-type", "problem-quantity", "expected-quantity", "received-quantity",
    "performance-measurement-unit", "coaching-level", "fee-type", "currency", "fee-total", "problem-level", "alert-status",
)  # fmt: skip
_PARCEL = 20  # units of one product that fit into a removal parcel
_PROBLEMS = ("Label missing", "Barcode cannot be scanned", "Polybag missing")


def orders(request: Request) -> Document:
    """Removal orders by their last update: requested in the night, done in the afternoon."""
    start, end = window(request)
    now = request.now.timestamp()
    rows: list[Cells] = []
    for m, r in _removals(request):
        done = r.shipped <= now
        updated = r.shipped if done else r.requested
        if r.requested > now or not start <= updated < end:
            continue
        euro = m.per_euro * 10**m.digits / 100
        rows.append(
            {
                "request-date": iso(r.requested),
                "order-id": r.order_id,
                "order-type": r.kind,
                "order-status": "Completed" if done else "Processing",
                "last-updated-date": iso(updated),
                "sku": r.product.sku,
                "fnsku": r.product.fnsku,
                "disposition": r.disposition.capitalize(),
                "requested-quantity": r.units,
                "cancelled-quantity": 0,
                "disposed-quantity": r.units if done and r.kind == "Disposal" else 0,
                "shipped-quantity": r.units if done and r.kind == "Return" else 0,
                "in-process-quantity": 0 if done else r.units,
                "removal-fee": money(round(r.fee * r.units * euro), m.digits),
                "currency": m.currency,
            }
        )
    return _file(ORDERS, rows, request, "No removal order was updated in the window.")


def shipments(request: Request) -> Document:
    """Parcels of returned goods by shipment; a parcel holds at most 20 units of a product."""
    start, end = window(request)
    rows: list[Cells] = []
    for m, r in _removals(request):
        if r.kind != "Return" or not start <= r.shipped < end:
            continue
        parcels = range(-(-r.units // _PARCEL))
        rows += (
            {
                "removal-date": iso(r.requested),
                "order-id": r.order_id,
                "shipment-date": iso(r.shipped),
                "sku": r.product.sku,
                "fnsku": r.product.fnsku,
                "disposition": r.disposition.capitalize(),
                "quantity shipped": min(_PARCEL, r.units - n * _PARCEL),
                "carrier": "UPS" if m.region == "na" else "DHL",
                "tracking-number": f"{r.tracking}{n:02d}",
            }
            for n in parcels
        )
    return _file(SHIPMENTS, rows, request, "No removal was shipped in the window.")


def reimbursements(request: Request) -> Document:
    """What Amazon paid for damaged units, one by one as the settlements credit them."""
    business, account = request.business, request.account
    start, end = window(request)
    rows: list[Cells] = []
    for m in request.marketplaces:
        for p in periods(business, account, m, start, end + PERIOD + 86_400):
            for c in credits_for_damage(business, p):
                if start <= c.posted < end:
                    amount = money(c.amount, m.digits)
                    rows.append(
                        {
                            "approval-date": iso(c.posted),
                            "reimbursement-id": f"{derive(business.seed, 'reimbursement', p.id, c.number) % 10**11:011d}",
                            "reason": "Damaged_Warehouse",
                            **_product(c.product, m),
                            "condition": "NewItem",
                            "currency-unit": m.currency,
                            "amount-per-unit": amount,
                            "amount-total": amount,
                            "quantity-reimbursed-cash": 1,
                            "quantity-reimbursed-inventory": 0,
                            "quantity-reimbursed-total": 1,
                        }
                    )
    rows.sort(key=lambda row: str(row["approval-date"]))
    return _file(REIMBURSEMENTS, rows, request, "Nothing was reimbursed in the window.")


def noncompliance(request: Request) -> Document:
    """Faults that Amazon found in deliveries, reported the day after."""
    business, account = request.business, request.account
    start, end = window(request)
    rows: list[Cells] = []
    for pool, m in pools(request).items():
        for number in _cycles(request, m):
            for d in deliveries(business, account, pool, number):
                draw = derive(business.seed, "inbound fault", d.reference, d.product.sku)
                at = d.at + 86_400 + draw % 20_000
                if draw % 12 or d.units < 10 or not start <= at < end:
                    continue
                faulty = 1 + draw // 12 % min(d.units, 12)
                rows.append(
                    {
                        "issue-reported-date": iso(at),
                        "shipment-creation-date": iso(d.at - 10 * 86_400),
                        "fba-shipment-id": d.reference,
                        "fba-carton-id": f"{d.reference}U000001",
                        "fulfillment-center-id": dock(pool).code,
                        **_product(d.product, m),
                        "problem-type": _PROBLEMS[draw // 7 % 3],
                        "problem-quantity": faulty,
                        "expected-quantity": d.units,
                        "received-quantity": d.units,
                        "performance-measurement-unit": "Unit",
                        "coaching-level": "Standard",
                        "fee-type": "Unplanned services",
                        "currency": m.currency,
                        "fee-total": money(round(faulty * 20 * m.per_euro * 10**m.digits / 100), m.digits),
                        "problem-level": "Item",
                        "alert-status": "Unacknowledged",
                    }
                )
    return _file(NONCOMPLIANCE, rows, request, "No fault was reported in the window.")


def _product(product: Product, m: Marketplace) -> dict[str, str]:
    return {"sku": product.sku, "fnsku": product.fnsku, "asin": product.asin, "product-name": title(product, m.language)}


def _cycles(request: Request, m: Marketplace) -> range:
    """Replenishment cycles whose first days the window may touch."""
    start, end = window(request)
    first = max(local_day(m.zone, start) - timedelta(days=3), LAUNCH)
    return range(cycle_of(first), cycle_of(local_day(m.zone, end)) + 1)


def _removals(request: Request) -> Iterator[tuple[Marketplace, Removal]]:
    for pool, m in pools(request).items():
        for number in _cycles(request, m):
            for removal in surplus(request.business, request.account, pool, number):
                yield m, removal
            for removal in defective(request.business, request.account, pool, number):
                yield m, removal


def _file(header: tuple[str, ...], rows: list[Cells], request: Request, empty: str) -> Document:
    if not rows:
        since, until = (datetime.fromtimestamp(t, tz=UTC).isoformat(timespec="seconds") for t in window(request))
        raise NoData(f"{empty} ({since} to {until})")
    return named_file(header, rows, request.marketplaces[0])
