"""GET_EPR_{MONTHLY,QUARTERLY,ANNUAL}_REPORTS: units and weights put on the market of each European country, for producer fees.
Whole periods, known ten days after they end; a product stands there once for each category that it falls into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from ....business.catalog import BY_SKU, Product
from ....business.dimensions import size
from ....business.marketplaces import Marketplace, day_start
from ....business.shipments import shipped_orders
from ....business.titles import title
from ...flat import Cells, number, unicode_file
from ...model import BadRequest, Document, NoData, NotAvailableYet, Request
from ...periods import first_of_period, last_of_period
from ...rules import EUROPE, dates, only_in

# Amazon documents no columns and says CSV. These, the tabs and the byte order mark are what a public program found in a real
# file of 2026-09 and reads: "BOM UTF-8, CRLF, TAB, 34 columns, decimals with a point and three digits".
HEADER = (
    "UNIQUE_ACCOUNT_IDENTIFIER", "REPORT_PERIOD_START", "REPORT_PERIOD_END", "ASIN", "AMAZON_MARKETPLACE", "SHIP_TO_COUNTRY_CODE",
    "SHIP_TO_COUNTRY", "ITEM_NAME_IN_ENGLISH", "ITEM_NAME_AS_IN_MARKETPLACE", "REGISTRATION_NUMBER", "EPR_CATEGORY",
    "EPR_SUBCATEGORY1", "EPR_SUBCATEGORY2", "EPR_SUBCATEGORY3", "EPR_SUBCATEGORY4", "GL_PRODUCT_GROUP_DESCRIPTION",
    "PRODUCT_TYPE",
    "TOTAL_UNITS_SOLD", "UNITS_PER_ASIN", "BATTERY_EMBEDDED", "ITEM_WEIGHT_WITHOUT_PACKAGE_KG", "ITEM_WEIGHT_WITH_PACKAGE_KG",
    "TOTAL_REPORTED_WEIGHT_KG", "ITEM_WIDTH_CM", "PACKAGE_WIDTH_CM", "ITEM_HEIGHT_CM", "PACKAGE_HEIGHT_CM", "PAPER_KG",
    "GLASS_KG",
    "ALUMINUM_KG", "STEEL_KG", "PLASTIC_KG", "WOOD_KG", "OTHER_KG",
)  # fmt: skip
_PERIODS = {"MONTHLY": "MONTH", "QUARTERLY": "QUARTER", "ANNUAL": "YEAR"}
_KNOWN_AFTER = timedelta(days=10)
_CATEGORY = {"headlamp": "Electrical and Electronic Equipment", "socks": "Textiles", "blanket": "Textiles", "tent": "Textiles"}
_COUNTRIES = {
    "DE": "GERMANY", "AT": "AUSTRIA", "FR": "FRANCE", "IT": "ITALY", "ES": "SPAIN", "GB": "UNITED KINGDOM",
}  # fmt: skip


def render(request: Request) -> Document:
    """One row for each marketplace, country of delivery, ASIN and category."""
    stores = only_in(request, EUROPE)
    period = _PERIODS[request.report_type.split("_")[2]]
    first, last = dates(request)
    if first != first_of_period(period, first) or last != last_of_period(period, first):
        raise BadRequest(f"The dates of {request.report_type} must be exactly one {period.lower()}, not {first} to {last}.")
    if request.now.date() <= last + _KNOWN_AFTER:
        raise NotAvailableYet(f"The requested data is unavailable. The report of {first} to {last} is not yet available.")
    rows = [row for m in stores for row in _rows(request, m, first, last)]
    if not rows:
        raise NoData("Nothing was put on the market in the period.")
    plain = unicode_file(HEADER, rows)
    return Document(b"\xef\xbb\xbf" + plain.body, plain.content_type)


def _rows(request: Request, m: Marketplace, first: date, last: date) -> Iterator[Cells]:
    start, end = day_start("UTC", first), day_start("UTC", last + timedelta(days=1))
    sold: Counter[tuple[str, str]] = Counter()  # an ASIN counts once, whoever ships it
    products: dict[str, Product] = {}
    for order in shipped_orders(request.business, request.account, m, start, end):
        for line in order.lines:
            sold[order.place[3], line.product.asin] += line.units
            products.setdefault(line.product.asin, BY_SKU[line.product.sku])
    common: Cells = {
        "UNIQUE_ACCOUNT_IDENTIFIER": request.account.selling_partner_id, "REPORT_PERIOD_START": first.isoformat(),
        "REPORT_PERIOD_END": last.isoformat(), "AMAZON_MARKETPLACE": m.sales_channel.lower(), "UNITS_PER_ASIN": 1,
    }  # fmt: skip
    for (country, asin), units in sorted(sold.items()):
        product = products[asin]
        category = _CATEGORY.get(product.line)
        for name in ("Primary Packaging", *([category] if category else [])):
            yield {**common, **_row(product, m, country, name, units)}


def _row(product: Product, m: Marketplace, country: str, category: str, units: int) -> Cells:
    """Packaging states its materials and no total weight, everything else the total weight and no materials."""
    kilograms, edges = product.weight / 1_000, size(product, m).sides
    packaging = category == "Primary Packaging"
    return {
        "ASIN": product.asin, "SHIP_TO_COUNTRY_CODE": country, "SHIP_TO_COUNTRY": _COUNTRIES[country],
        "ITEM_NAME_IN_ENGLISH": title(product, "en"), "ITEM_NAME_AS_IN_MARKETPLACE": title(product, m.language),
        "REGISTRATION_NUMBER": f"{country}-EPR-{sum(map(ord, category)) % 10_000:04d}", "EPR_CATEGORY": category,
        "GL_PRODUCT_GROUP_DESCRIPTION": "gl_outdoors", "PRODUCT_TYPE": product.line.upper(), "TOTAL_UNITS_SOLD": units,
        "BATTERY_EMBEDDED": "YES" if product.line == "headlamp" else "NO",
        "ITEM_WEIGHT_WITHOUT_PACKAGE_KG": number(kilograms, 3), "ITEM_WEIGHT_WITH_PACKAGE_KG": number(kilograms * 1.09, 3),
        "TOTAL_REPORTED_WEIGHT_KG": "" if packaging else number(kilograms * units, 3), "ITEM_WIDTH_CM": number(edges[1], 2),
        "PACKAGE_WIDTH_CM": number(edges[1] + 1, 2), "ITEM_HEIGHT_CM": number(edges[2], 2),
        "PACKAGE_HEIGHT_CM": number(edges[2] + 1, 2), "PAPER_KG": number(kilograms * 0.08 * units, 3) if packaging else "",
        "PLASTIC_KG": number(kilograms * 0.01 * units, 3) if packaging else "",
    }  # fmt: skip
