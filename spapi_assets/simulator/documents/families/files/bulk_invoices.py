"""FBA_BULK_INVOICE: the invoices of orders shipped by Amazon as a ZIP archive of PDF files.
Options of at most 200 characters narrow it to orders; which invoices exist is decided by the orders."""

from __future__ import annotations

import io
import zipfile

from ....business.people import customer
from ....business.shipments import parcel, shipped_orders
from ....business.titles import title
from ...flat import money
from ...model import BadRequest, Document, NoData, Request
from .pdf import pdf

_OPTIONS = ("orderIds", "shipmentIds", "transactionTypes", "invoiceTypes")
_LONGEST = 200


def render(request: Request) -> Document:
    """One file for each order shipped in the window."""
    for name in _OPTIONS:
        if len(request.options.get(name, "")) > _LONGEST:
            raise BadRequest(f"The {name} reportOption must not be longer than {_LONGEST} characters.")
    orders = set(request.options.get("orderIds", "").replace(",", " ").split())
    shipments = set(request.options.get("shipmentIds", "").replace(",", " ").split())
    start, end = request.start.timestamp(), min(request.end, request.now).timestamp()
    files: dict[str, bytes] = {}
    for m in request.marketplaces:
        for order in shipped_orders(request.business, request.account, m, start, end):
            shipment = parcel(request.business.seed, order, order.lines[0]).shipment_id
            if order.merchant_fulfilled or (orders and order.id not in orders) or (shipments and shipment not in shipments):
                continue
            who = customer(request.business.seed, order)
            lines = [
                f"{line.units} x {title(line.product, m.language)}: {m.currency} {money(line.price + line.tax, m.digits)}"
                for line in order.lines
            ]
            files[f"{order.id}_{shipment}.pdf"] = pdf([["INVOICE", order.id, shipment, who.name, who.street, *lines]])
    if not files:
        raise NoData("There is no invoice in the window.")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in sorted(files.items()):
            out.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)  # a fixed time: the same bytes every time
    return Document(archive.getvalue(), "application/zip")
