"""India's goods and services tax: merchant tax reports of business and private buyers, and stock moved between states.
Tax is split by states: one central and one state half within a state, integrated tax across a border."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ....business.centres import home
from ....business.ledger import TRANSFER, Event, days
from ....business.marketplaces import Marketplace, local_day, utc
from ....business.orders import Order
from ....business.people import customer
from ....business.returns import returned
from ....business.seeds import derive, letters
from ....business.shipments import parcel, shipped_orders
from ....business.titles import title
from ...flat import Cells, csv_file, money, number, unicode_file
from ...model import BadRequest, Document, NoData, Request
from ...rules import only_in, window
from .taxed import Part, Taxed, refund, sale

MERCHANT = (
    "Seller Gstin", "Invoice Number", "Invoice Date", "Transaction Type", "Order Id", "Shipment Id", "Shipment Date",
    "Order Date",
    "Shipment Item Id", "Quantity", "Item Description", "Asin", "Hsn/sac", "Sku", "Product Tax Code", "Bill From City",
    "Bill From State", "Bill From Country", "Bill From Postal Code", "Ship From City", "Ship From State", "Ship From Country",
    "Ship From Postal Code", "Ship To City", "Ship To State", "Ship To Country", "Ship To Postal Code", "Invoice Amount",
    "Tax Exclusive Gross", "Total Tax Amount", "Cgst Rate", "Sgst Rate", "Utgst Rate", "Igst Rate", "Compensatory Cess Rate",
    "Principal Amount", "Principal Amount Basis", "Cgst Tax", "Sgst Tax", "Utgst Tax", "Igst Tax", "Compensatory Cess Tax",
    "Shipping Amount", "Shipping Amount Basis", "Shipping Cgst Tax", "Shipping Sgst Tax", "Shipping Utgst Tax",
    "Shipping Igst Tax", "Shipping Cess Tax", "Gift Wrap Amount", "Gift Wrap Amount Basis", "Gift Wrap Cgst Tax",
    "Gift Wrap Sgst Tax", "Gift Wrap Utgst Tax", "Gift Wrap Igst Tax", "Gift Wrap Compensatory Cess Tax", "Item Promo Discount",
    "Item Promo Discount Basis", "Item Promo Tax", "Shipping Promo Discount", "Shipping Promo Discount Basis",
    "Shipping Promo Tax", "Gift Wrap Promo Discount", "Gift Wrap Promo Discount Basis", "Gift Wrap Promo Tax", "Tcs Cgst Rate",
    "Tcs Cgst Amount", "Tcs Sgst Rate", "Tcs Sgst Amount", "Tcs Utgst Rate", "Tcs Utgst Amount", "Tcs Igst Rate",
    "Tcs Igst Amount", "Warehouse Id", "Fulfillment Channel", "Payment Method Code",
)  # fmt: skip
CREDIT = ("Credit Note No", "Credit Note Date")
BUSINESS = (
    *MERCHANT, "Bill To City", "Bill To State", "Bill To Country", "Bill To Postalcode", "Customer Bill To Gstid",
    "Customer Ship To Gstid", "Buyer Name", *CREDIT, "Irn Number", "Irn Filing Status", "Irn Date", "Irn Error Code",
)  # fmt: skip
PRIVATE = (*MERCHANT, *CREDIT)
TRANSFERS = (
    "Gstin Of Supplier", "Gstin Of Receiver", "Transaction Type", "Transaction Id", "Ship From Fc", "Ship From City",
    "Ship From State", "Ship From Country", "Ship From Postal Code", "Ship To Fc", "Ship To City", "Ship To State",
    "Ship To Country", "Ship To Postal Code", "Invoice Number", "Invoice Date", "Invoice Value", "Asin", "Sku", "Quantity",
    "Hsn Code", "Taxable Value", "Igst Rate", "Igst Amount", "Sgst Rate", "Sgst Amount", "Utgst Rate", "Utgst Amount",
    "Cgst Rate",
    "Cgst Amount", "Compensatory Cess Rate", "Compensatory Cess Amount",
)  # fmt: skip
_PRIVATE_HISTORY = timedelta(days=45)
_STATES = {"KARNATAKA": "29", "HARYANA": "06", "MAHARASHTRA": "27", "DELHI": "07", "KERALA": "32"}


def business(request: Request) -> Document:
    """Lines of registered buyers, tab-separated on demand, comma-separated when scheduled."""
    rows = list(_rows(request, registered=True))
    return _file(request, BUSINESS, rows, scheduled=request.report_type == "GST_MTR_B2B")


def private(request: Request) -> Document:
    """Lines of all other buyers; on demand of the last 45 days only."""
    scheduled = request.report_type == "GST_MTR_B2C"
    if not scheduled and request.now - request.start > _PRIVATE_HISTORY + timedelta(days=1):
        raise BadRequest("GET_GST_MTR_B2C_CUSTOM can be requested for the last 45 days only.")
    return _file(request, PRIVATE, list(_rows(request, registered=False)), scheduled=scheduled)


def _file(request: Request, header: tuple[str, ...], rows: list[Cells], *, scheduled: bool) -> Document:
    if not rows:
        raise NoData("Nothing was shipped or refunded in the window.")
    return csv_file(header, rows) if scheduled else unicode_file(header, rows)


def _gstin(state: str, holder: int) -> str:
    return f"{_STATES.get(state, '29')}{letters(holder, 10)}1Z{holder % 10}"


def _rows(request: Request, *, registered: bool) -> Iterator[Cells]:
    start, end = window(request)
    for m in only_in(request, {"IN"}):
        found = [
            sale(order, line)
            for order in shipped_orders(request.business, request.account, m, start, end)
            for line in order.lines
        ]
        found += [refund(back.order, back.line) for back in returned(request.business, request.account, m, start, end)]
        for t in found:
            if bool(customer(request.business.seed, t.order).vat_number) == registered:
                yield _row(request, t, registered)


def _time(instant: float, m: Marketplace) -> str:
    return utc(instant).astimezone(m.tz).strftime("%Y-%m-%d %H:%M:%S")


def _split(tax: int, inside: bool) -> dict[str, int]:
    half = tax // 2
    return (
        {"Cgst": half, "Sgst": tax - half, "Utgst": 0, "Igst": 0} if inside else {"Cgst": 0, "Sgst": 0, "Utgst": 0, "Igst": tax}
    )


def _row(request: Request, t: Taxed, registered: bool) -> Cells:
    order, line, m = t.order, t.line, t.order.marketplace
    city, state, postal_code, country = order.place
    centre, seed = home(m.pool, line.product), request.business.seed
    inside = centre.state == state
    sold = t.total.net >= 0
    number_ = f"{centre.code[:3]}-{derive(seed, 'invoice', order.id) % 10**7:07d}"
    goods, shipping = t.goods + t.promotion, t.shipping + t.shipping_promotion
    rates = {"Cgst": m.vat / 2 if inside else 0, "Sgst": m.vat / 2 if inside else 0, "Utgst": 0, "Igst": 0 if inside else m.vat}
    cells: dict[str, str | int] = {
        "Seller Gstin": _gstin(centre.state, 4_711), "Invoice Number": number_, "Invoice Date": _time(t.at, m),
        "Transaction Type": "Shipment" if sold else "Refund", "Order Id": order.id,
        "Shipment Id": parcel(seed, order, line).shipment_id, "Shipment Date": _time(order.shipped, m),
        "Order Date": _time(order.purchased, m), "Shipment Item Id": parcel(seed, order, line).item_id, "Quantity": t.units,
        "Item Description": title(line.product, m.language), "Asin": line.product.asin, "Hsn/sac": "95069990",
        "Sku": line.product.sku, "Product Tax Code": "A_GEN_STANDARD", "Bill From City": centre.city,
        "Bill From State": centre.state, "Bill From Country": "IN", "Bill From Postal Code": centre.postal_code,
        "Ship From City": centre.city, "Ship From State": centre.state, "Ship From Country": "IN",
        "Ship From Postal Code": centre.postal_code, "Ship To City": city, "Ship To State": state, "Ship To Country": country,
        "Ship To Postal Code": postal_code, "Warehouse Id": centre.code if line.product.fba else "",
        "Fulfillment Channel": "AFN" if line.product.fba else "MFN", "Payment Method Code": "COD" if t.units == 2 else "NB",
        "Credit Note No": "" if sold else f"C{number_}", "Credit Note Date": "" if sold else _time(t.at, m),
        **_money(t, goods, shipping, inside),
    }  # fmt: skip
    for name, rate in rates.items():
        cells[f"{name} Rate"] = number(rate, 2)
        tcs = round(goods.net * (0.0025 if inside else 0.005)) if rate else 0
        cells[f"Tcs {name} Rate"] = number(0.0025 if inside else 0.005, 4) if rate else "0"
        cells[f"Tcs {name} Amount"] = money(tcs, 2)
    return cells | _buyer(seed, order) if registered else cells


def _money(t: Taxed, goods: Part, shipping: Part, inside: bool) -> dict[str, str | int]:
    cells: dict[str, str | int] = {
        "Invoice Amount": money(t.total.gross, 2), "Tax Exclusive Gross": money(t.total.net, 2),
        "Total Tax Amount": money(t.total.tax, 2), "Compensatory Cess Rate": "0", "Principal Amount": money(t.goods.gross, 2),
        "Principal Amount Basis": money(t.goods.net, 2), "Compensatory Cess Tax": "0.00",
        "Shipping Amount": money(t.shipping.gross, 2), "Shipping Amount Basis": money(t.shipping.net, 2),
        "Shipping Cess Tax": "0.00", "Gift Wrap Amount": "0.00", "Gift Wrap Amount Basis": "0.00",
        "Gift Wrap Compensatory Cess Tax": "0.00", "Item Promo Discount": money(t.promotion.gross, 2),
        "Item Promo Discount Basis": money(t.promotion.net, 2), "Item Promo Tax": money(t.promotion.tax, 2),
        "Shipping Promo Discount": money(t.shipping_promotion.gross, 2),
        "Shipping Promo Discount Basis": money(t.shipping_promotion.net, 2),
        "Shipping Promo Tax": money(t.shipping_promotion.tax, 2), "Gift Wrap Promo Discount": "0.00",
        "Gift Wrap Promo Discount Basis": "0.00", "Gift Wrap Promo Tax": "0.00",
    }  # fmt: skip
    for name, tax in _split(goods.tax, inside).items():
        cells[f"{name} Tax"] = money(tax, 2)
    for name, tax in _split(shipping.tax, inside).items():
        cells[f"Shipping {name} Tax"] = money(tax, 2)
        cells[f"Gift Wrap {name} Tax"] = "0.00"
    return cells


def _buyer(seed: int, order: Order) -> dict[str, str | int]:
    city, state, postal_code, country = order.place
    who = customer(seed, order)
    gstin = _gstin(state, derive(seed, "gstin", order.id))
    return {
        "Bill To City": city, "Bill To State": state, "Bill To Country": country, "Bill To Postalcode": postal_code,
        "Customer Bill To Gstid": gstin, "Customer Ship To Gstid": gstin, "Buyer Name": who.company or who.name,
        "Irn Number": f"{derive(seed, 'irn', order.id):064x}", "Irn Filing Status": "Filed", "Irn Date": order_day(order),
    }  # fmt: skip


def order_day(order: Order) -> str:
    """The local day of an order's shipment."""
    return utc(order.shipped).astimezone(order.marketplace.tz).strftime("%Y-%m-%d")


def transfers(request: Request) -> Document:
    """Stock moved between Amazon's warehouses, as invoices from one state's registration to the other's; CSV."""
    start, end = window(request)
    rows: list[Cells] = []
    for m in only_in(request, {"IN"}):
        leaving: dict[str, Event] = {}
        for day in days(request.business, request.account, m.pool, local_day(m.zone, start), local_day(m.zone, end)):
            for e in day.events:
                if e.kind == TRANSFER and e.quantity < 0:
                    leaving[e.reference] = e
                elif e.kind == TRANSFER and start <= e.at < end:
                    rows.append(_transfer(leaving[e.reference], e, m))
    if not rows:
        raise NoData("No stock was moved in the window.")
    return csv_file(TRANSFERS, rows)


def _transfer(left: Event, came: Event, m: Marketplace) -> Cells:
    source, target, product = left.centre, came.centre, came.product
    value = product.cost * came.quantity * round(m.per_euro)
    tax = round(value * m.vat)
    return {
        "Gstin Of Supplier": _gstin(source.state, 4_711), "Gstin Of Receiver": _gstin(target.state, 4_711),
        "Transaction Type": "FC_TRANSFER", "Transaction Id": came.reference, "Ship From Fc": source.code,
        "Ship From City": source.city, "Ship From State": source.state, "Ship From Country": source.country,
        "Ship From Postal Code": source.postal_code, "Ship To Fc": target.code, "Ship To City": target.city,
        "Ship To State": target.state, "Ship To Country": target.country, "Ship To Postal Code": target.postal_code,
        "Invoice Number": f"ST-{came.reference[3:]}", "Invoice Date": _time(came.at, m), "Invoice Value": money(value + tax, 2),
        "Asin": product.asin, "Sku": product.sku, "Quantity": came.quantity, "Hsn Code": "95069990",
        "Taxable Value": money(value, 2), "Igst Rate": number(m.vat, 2), "Igst Amount": money(tax, 2), "Sgst Rate": "0",
        "Sgst Amount": "0.00", "Utgst Rate": "0", "Utgst Amount": "0.00", "Cgst Rate": "0", "Cgst Amount": "0.00",
        "Compensatory Cess Rate": "0", "Compensatory Cess Amount": "0.00",
    }  # fmt: skip
