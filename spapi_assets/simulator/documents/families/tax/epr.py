"""GET_EPR_{MONTHLY,QUARTERLY,ANNUAL}_REPORTS: units and weights put on the market of each European country, for producer fees.
A CSV of whole periods, known ten days after they end; Amazon documents no columns, these are a guess in its style."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from ....business.catalog import BY_SKU
from ....business.marketplaces import day_start
from ....business.returns import returned
from ....business.shipments import shipped_orders
from ....business.titles import title
from ...flat import Cells, csv_file, number
from ...model import BadRequest, Document, NoData, NotAvailableYet, Request
from ...periods import first_of_period, last_of_period
from ...rules import EUROPE, dates, only_in

HEADER = (
    "Seller ID", "Reporting Period Start", "Reporting Period End", "Marketplace", "ASIN", "Country", "SKU", "Product Name",
    "Brand", "EPR Registration Number", "EPR Category", "Material", "Product Type", "Units Shipped", "Units Returned",
    "Net Units",
    "Unit Weight (kg)", "Net Weight (kg)", "Packaging Paper (kg)", "Packaging Plastic (kg)",
)  # fmt: skip
_PERIODS = {"MONTHLY": "MONTH", "QUARTERLY": "QUARTER", "ANNUAL": "YEAR"}
_KNOWN_AFTER = timedelta(days=10)
_ELECTRICAL = ("headlamp",)


def render(request: Request) -> Document:
    """One row for each marketplace, country of delivery and SKU."""
    stores = only_in(request, EUROPE)
    period = _PERIODS[request.report_type.split("_")[2]]
    first, last = dates(request)
    if first != first_of_period(period, first) or last != last_of_period(period, first):
        raise BadRequest(f"The dates of {request.report_type} must be exactly one {period.lower()}, not {first} to {last}.")
    if request.now.date() <= last + _KNOWN_AFTER:
        raise NotAvailableYet(f"The requested data is unavailable. The report of {first} to {last} is not yet available.")
    start, end = day_start("UTC", first), day_start("UTC", last + timedelta(days=1))
    rows: list[Cells] = []
    for m in stores:
        sent: Counter[tuple[str, str]] = Counter()
        back: Counter[tuple[str, str]] = Counter()
        for order in shipped_orders(request.business, request.account, m, start, end):
            for line in order.lines:
                sent[order.place[3], line.product.sku] += line.units
        for r in returned(request.business, request.account, m, start, end):
            back[r.order.place[3], r.line.product.sku] += r.line.refund_units
        for country, sku in sorted({*sent, *back}):
            product, key = BY_SKU[sku], (country, sku)
            net = sent[key] - back[key]
            kilograms = product.weight / 1_000
            rows.append(
                {
                    "Seller ID": request.account.selling_partner_id,
                    "Reporting Period Start": first.isoformat(),
                    "Reporting Period End": last.isoformat(),
                    "Marketplace": m.sales_channel,
                    "ASIN": product.asin,
                    "Country": country,
                    "SKU": sku,
                    "Product Name": title(product, m.language),
                    "Brand": "Kestrel & Co",
                    "EPR Category": "EEE" if product.line in _ELECTRICAL else "Packaging",
                    "Material": "Electronics" if product.line in _ELECTRICAL else "Mixed",
                    "Product Type": product.line.upper(),
                    "Units Shipped": sent[key],
                    "Units Returned": back[key],
                    "Net Units": net,
                    "Unit Weight (kg)": number(kilograms, 3),
                    "Net Weight (kg)": number(kilograms * net, 3),
                    "Packaging Paper (kg)": number(kilograms * 0.08 * net, 3),
                    "Packaging Plastic (kg)": number(kilograms * 0.01 * net, 3),
                }
            )
    if not rows:
        raise NoData("Nothing was put on the market in the period.")
    return csv_file(HEADER, rows)
