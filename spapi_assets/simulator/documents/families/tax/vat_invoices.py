"""What European invoices need: SC_VAT_TAX_REPORT (tax calculations, CSV) and GET_FLAT_FILE_VAT_INVOICE_DATA_REPORT.
Both are of the same shipped and refunded lines; the second as XML is in families/xml/vat_invoices.py."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.centres import home
from ....business.marketplaces import Marketplace, utc
from ....business.people import customer
from ....business.returns import returned
from ....business.shipments import parcel, shipped_orders
from ....business.titles import title
from ...flat import Cells, csv_file, iso, money, named_file, number
from ...model import Document, NoData, Request
from ...rules import EUROPE, longest, only_in, window
from .taxed import Part, Taxed, refund, sale


def _priced(item: str) -> tuple[str, ...]:
    return (
        f"{item} Tax Inclusive Selling Price", f"{item} Tax Amount", f"{item} Tax Exclusive Selling Price",
        f"{item} Tax Inclusive Promo Amount", f"{item} Tax Amount Promo", f"{item} Tax Exclusive Promo Amount",
    )  # fmt: skip


# As public readers of the file from the Tax Document Library know it.
CALCULATIONS = (
    "Marketplace ID", "Merchant ID", "Order Date", "Transaction Type", "Is Invoice Corrected", "Order ID", "Shipment Date",
    "Shipment ID", "Transaction ID", "ASIN", "SKU", "Quantity", "Tax Calculation Date", "Tax Rate", "Product Tax Code",
    "Currency",
    "Tax Type", "Tax Calculation Reason Code", "Tax Reporting Scheme", "Tax Collection Responsibility", "Tax Address Role",
    "Jurisdiction Level", "Jurisdiction Name", *_priced("OUR_PRICE"), *_priced("SHIPPING"), *_priced("GIFTWRAP"),
    "Seller Tax Registration", "Seller Tax Registration Jurisdiction", "Buyer Tax Registration",
    "Buyer Tax Registration Jurisdiction", "Buyer Tax Registration Type", "Buyer E Invoice Account Id",
    "Invoice Level Currency Code", "Invoice Level Exchange Rate", "Invoice Level Exchange Rate Date", "Converted Tax Amount",
    "VAT Invoice Number", "Invoice Url", "Export Outside EU", "Ship From City", "Ship From State", "Ship From Country",
    "Ship From Postal Code", "Ship From Tax Location Code", "Ship To City", "Ship To State", "Ship To Country",
    "Ship To Postal Code", "Ship To Location Code", "Return Fc Country", "Is Amazon Invoiced", "Original VAT Invoice Number",
    "Invoice Correction Details",
)  # fmt: skip
_ITEM = ("vat-incl-amount", "vat-amount", "vat-excl-amount", "vat-rate")
_PROMO = ("vat-incl-amount", "vat-excl-amount", "vat-amount", "vat-rate")
# Source: developer-docs.amazon.com, "Invoice Data reports attributes".
INVOICES = (
    "marketplace-id", "order-id", "order-item-id", "shipping-id", "transaction-id", "transaction-type", "invoice-number",
    "invoice-status", "invoice-status-description", "is-amazon-invoiced", "order-date", "shipment-date", "buyer-vat-number",
    "seller-vat-number", "asin", "sku", "product-name", "quantity-purchased", "currency", *(f"item-{n}" for n in _ITEM),
    *(f"item-promo-{n}" for n in _PROMO), "item-promotion-id", *(f"gift-wrap-{n}" for n in _ITEM),
    *(f"gift-promo-{n}" for n in _PROMO), "gift-promotion-id", *(f"shipping-{n}" for n in _ITEM),
    *(f"shipping-promo-{n}" for n in _PROMO), "ship-promotion-id", "is-business-order", "price-designation",
    "purchase-order-number", "recipient-name", "ship-service-level", "fulfilled-by", "ship-address-1", "ship-address-2",
    "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country", "ship-phone-number", "ship-from-country",
    "ship-from-state", "ship-from-city", "ship-from-postal-code", "billing-name", "bill-address-1", "bill-address-2",
    "bill-address-3", "bill-city", "bill-state", "bill-postal-code", "bill-country", "billing-phone-number", "buyer-name",
    "buyer-company-name", "legacy-customer-order-item-id", "recommended-invoice-format", "buyer-tax-registration-type",
    "buyer-e-invoice-account-id", "is-buyer-physically-present", "is-seller-physically-present", "citation-es", "citation-it",
    "citation-fr", "citation-de", "citation-en", "export-outside-eu", "is-invoice-corrected", "original-vat-invoice-number",
    "invoice-correction-details",
)  # fmt: skip
_PENDING = 90 * 86_400  # seconds since the order was placed
_UNINVOICED = 86_400  # seconds for which a shipment waits for its invoice


def calculations(request: Request) -> Document:
    """Tax of every line shipped or refunded in the window."""
    stores = only_in(request, EUROPE)
    start, end = window(request)
    rows = [_calculated(request, t) for m in stores for t in _taxed(request, m, start, end)]
    if not rows:
        raise NoData("Nothing was shipped or refunded in the window.")
    return csv_file(CALCULATIONS, rows)


def invoices(request: Request) -> Document:
    """Lines of orders placed in the last 90 days that have no invoice yet (the default) or, with the option `all`, every
    line of orders placed in the window, at most 30 days. The seller's tool has made an invoice a day after the shipment."""
    stores = only_in(request, EUROPE)
    everything = request.option("all", ("true", "false"), "false") == "true"
    now = request.now.timestamp()
    if everything:
        longest(request, 30)
    placed_from, placed_to = window(request) if everything else (now - _PENDING, now)
    shipped_from = placed_from if everything else now - _UNINVOICED
    rows = [
        _invoiced(request, t)
        for m in stores
        for t in _taxed(request, m, shipped_from, now)
        if placed_from <= t.order.purchased < placed_to
    ]
    if not rows:
        raise NoData("There is nothing to invoice.")
    return named_file(INVOICES, rows, stores[0])


def _taxed(request: Request, m: Marketplace, start: float, end: float) -> Iterator[Taxed]:
    """Sales by their shipment, refunds by the refund: both reports call that date the shipment's."""
    for order in shipped_orders(request.business, request.account, m, start, end):
        yield from (sale(order, line) for line in order.lines)
    for back in returned(request.business, request.account, m, start, end):
        yield refund(back.order, back.line)


def _day(instant: float) -> str:
    """`03-Nov-2026 UTC`, in English everywhere."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    day = utc(instant).date()
    return f"{day.day:02d}-{months[day.month - 1]}-{day.year} UTC"


def _number(t: Taxed) -> str:
    return f"INV-{t.order.marketplace.country}-{t.line.item_code[:9]}-{utc(t.at).year}"


def _calculated(request: Request, t: Taxed) -> Cells:
    order, m, product = t.order, t.order.marketplace, t.line.product
    city, state, postal_code, country = order.place
    who, centre = customer(request.business.seed, order), home(m.pool, product)
    cells: dict[str, str | int] = {
        "Marketplace ID": m.id, "Merchant ID": request.account.selling_partner_id, "Order Date": _day(order.purchased),
        "Transaction Type": "SHIPMENT" if t.total.net >= 0 else "REFUND", "Is Invoice Corrected": "false", "Order ID": order.id,
        "Shipment Date": _day(t.at), "Shipment ID": parcel(request.business.seed, order, t.line).shipment_id,
        "Transaction ID": f"T{t.line.item_code}{'' if t.total.net >= 0 else 'R'}", "ASIN": product.asin, "SKU": product.sku,
        "Quantity": t.units, "Tax Calculation Date": _day(t.at), "Tax Rate": number(m.vat, 4),
        "Product Tax Code": "A_GEN_STANDARD", "Currency": m.currency, "Tax Type": "VAT", "Tax Calculation Reason Code": "Taxable",
        "Tax Reporting Scheme": "", "Tax Collection Responsibility": "Seller", "Tax Address Role": "ShipTo",
        "Jurisdiction Level": "Country", "Jurisdiction Name": country, "Seller Tax Registration Jurisdiction": m.country,
        "Buyer Tax Registration": who.vat_number, "Buyer Tax Registration Jurisdiction": who.vat_number[:2],
        "Buyer Tax Registration Type": "VAT" if who.vat_number else "", "VAT Invoice Number": _number(t),
        "Export Outside EU": "false", "Ship From City": centre.city, "Ship From State": centre.state,
        "Ship From Country": centre.country, "Ship From Postal Code": centre.postal_code, "Ship To City": city,
        "Ship To State": state, "Ship To Country": country, "Ship To Postal Code": postal_code, "Is Amazon Invoiced": "false",
    }  # fmt: skip
    nothing = Part(0, 0)
    for item, own, promotion in (
        ("OUR_PRICE", t.goods, t.promotion),
        ("SHIPPING", t.shipping, t.shipping_promotion),
        ("GIFTWRAP", nothing, nothing),
    ):
        values = (own.gross, own.tax, own.net, promotion.gross, promotion.tax, promotion.net)
        cells |= {name: money(value, m.digits) for name, value in zip(_priced(item), values, strict=True)}
    return cells


def _invoiced(request: Request, t: Taxed) -> Cells:
    order, line, m = t.order, t.line, t.order.marketplace
    city, state, postal_code, country = order.place
    who, centre = customer(request.business.seed, order), home(m.pool, line.product)
    cells: dict[str, str | int] = {
        "marketplace-id": m.id, "order-id": order.id, "order-item-id": line.item_code,
        "shipping-id": parcel(request.business.seed, order, line).shipment_id,
        "transaction-id": f"T{line.item_code}{'' if t.total.net >= 0 else 'R'}",
        "transaction-type": "SHIPMENT" if t.total.net >= 0 else "REFUND", "invoice-status": "Pending",
        "is-amazon-invoiced": "false", "order-date": iso(order.purchased), "shipment-date": iso(t.at),
        "buyer-vat-number": who.vat_number, "asin": line.product.asin, "sku": line.product.sku,
        "product-name": title(line.product, m.language), "quantity-purchased": t.units, "currency": m.currency,
        "item-promotion-id": ",".join(i for i in line.promotion_ids if "Shipping" not in i),
        "ship-promotion-id": ",".join(i for i in line.promotion_ids if "Shipping" in i),
        "is-business-order": "true" if order.business else "false", "recipient-name": who.name,
        "ship-service-level": order.service_level, "fulfilled-by": "AFN" if line.product.fba else "MFN",
        "ship-address-1": who.street, "ship-address-2": who.company, "ship-city": city, "ship-state": state,
        "ship-postal-code": postal_code, "ship-country": country, "ship-phone-number": who.phone,
        "ship-from-country": centre.country, "ship-from-city": centre.city, "ship-from-postal-code": centre.postal_code,
        "billing-name": who.name, "bill-address-1": who.street, "bill-city": city, "bill-state": state,
        "bill-postal-code": postal_code, "bill-country": country, "billing-phone-number": who.phone, "buyer-name": who.name,
        "buyer-company-name": who.company, "legacy-customer-order-item-id": line.item_code,
        "buyer-tax-registration-type": "VAT" if who.vat_number else "", "export-outside-eu": "false",
        "is-invoice-corrected": "false",
    }  # fmt: skip
    for prefix, names, part in (
        ("item", _ITEM, t.goods), ("item-promo", _PROMO, t.promotion), ("shipping", _ITEM, t.shipping),
        ("shipping-promo", _PROMO, t.shipping_promotion),
    ):  # fmt: skip
        values = {"vat-incl-amount": part.gross, "vat-amount": part.tax, "vat-excl-amount": part.net}
        for name in names:
            cells[f"{prefix}-{name}"] = number(m.vat, 2) if name == "vat-rate" else money(values[name], m.digits)
    return cells
