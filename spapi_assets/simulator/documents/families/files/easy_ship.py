"""GET_EASYSHIP_DOCUMENTS: label, invoice and warranty of Easy Ship orders as one PDF file, in India only.
Three pages an order; orders can be named in the option AmazonOrderId."""

from __future__ import annotations

from ....business.people import customer
from ....business.shipments import shipped_orders
from ....business.titles import title
from ...flat import money
from ...model import BadRequest, Document, NoData, Request
from .pdf import pdf


def render(request: Request) -> Document:
    """Merchant-fulfilled orders shipped in the window, or the one named."""
    if any(m.code != "IN" for m in request.marketplaces):
        raise BadRequest("This report type is available in India only.")
    wanted = request.options.get("AmazonOrderId")
    start, end = request.start.timestamp(), min(request.end, request.now).timestamp()
    pages: list[list[str]] = []
    for m in request.marketplaces:
        for order in shipped_orders(request.business, request.account, m, start, end):
            if not order.merchant_fulfilled or (wanted and wanted != order.id):
                continue
            who = customer(request.business.seed, order)
            city, state, postal_code, country = order.place
            lines = [f"{line.units} x {title(line.product, m.language)} ({line.product.sku})" for line in order.lines]
            total = money(sum(line.price + line.tax for line in order.lines), m.digits)
            pages += [
                ["SHIPPING LABEL", order.id, who.name, who.street, f"{city} {postal_code}", state, country],
                ["TAX INVOICE", order.id, *lines, f"Total {m.currency} {total}"],
                ["WARRANTY", order.id, *lines],
            ]
    if not pages:
        raise NoData("No Easy Ship order was shipped in the window.")
    return Document(pdf(pages), "application/pdf")
