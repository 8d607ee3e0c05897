"""GET_XML_VAT_INVOICE_DATA_REPORT: what an invoicing service needs of each shipped line, European stores only.
The names are those of the flat file's columns, with capitals: no example of the XML was found, so they are a guess."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

from ....business.orders import Line, Order
from ....business.people import customer
from ....business.shipments import parcel, shipped_orders
from ....business.titles import title
from ...flat import iso, money
from ...model import BadRequest, Document, NoData, Request
from ...xml_document import element, one_message, xml_document


def render(request: Request) -> Document:
    """Invoices still to be made (option pendingInvoices, 90 days) or all of the window (option all, at most 30 days)."""
    if outside := [m.code for m in request.marketplaces if m.region != "eu" or m.code == "IN"]:
        raise BadRequest(f"This report type is not available in the marketplace {', '.join(outside)}.")
    everything = request.options.get("all") == "true"
    if everything and request.end - request.start > timedelta(days=31):
        raise BadRequest("Date range exceeded. With the option all the dates may span at most 30 days.")
    start = request.start if everything else request.now - timedelta(days=90)
    end = min(request.end if everything else request.now, request.now)
    rows = [
        _invoice(request, order, line)
        for m in request.marketplaces
        for order in shipped_orders(request.business, request.account, m, start.timestamp(), end.timestamp())
        for line in order.lines
        if everything or (request.now.timestamp() - order.shipped < 86_400)
    ]
    if not rows:
        raise NoData("There is nothing to invoice.")
    return xml_document(one_message("VATInvoiceDataReport", rows))


def _invoice(request: Request, order: Order, line: Line) -> ET.Element:
    m, who = order.marketplace, customer(request.business.seed, order)
    city, state, postal_code, country = order.place
    net, tax = line.price - line.discount, line.tax
    return element(
        "VatInvoiceData",
        MarketplaceId=m.id,
        OrderId=order.id,
        OrderItemId=line.item_code,
        ShippingId=parcel(request.business.seed, order, line).shipment_id,
        TransactionId=f"T{line.item_code}",
        TransactionType="SHIPMENT",
        InvoiceStatus="Pending",
        IsAmazonInvoiced="false",
        OrderDate=iso(order.purchased),
        ShipmentDate=iso(order.shipped),
        BuyerVatNumber=who.vat_number or None,
        Asin=line.product.asin,
        Sku=line.product.sku,
        ProductName=title(line.product, m.language),
        QuantityPurchased=line.units,
        Currency=m.currency,
        ItemVatInclAmount=money(net + tax, m.digits),
        ItemVatAmount=money(tax, m.digits),
        ItemVatExclAmount=money(net, m.digits),
        ItemVatRate=f"{m.vat:.2f}",
        IsBusinessOrder="true" if order.business else "false",
        RecipientName=who.name,
        FulfilledBy="AFN" if line.product.fba else "MFN",
        ShipAddress1=who.street,
        ShipCity=city,
        ShipState=state,
        ShipPostalCode=postal_code,
        ShipCountry=country,
        BuyerName=who.name,
        BuyerCompanyName=who.company or None,
    )
