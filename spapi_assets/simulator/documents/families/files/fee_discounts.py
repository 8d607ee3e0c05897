"""FEE_DISCOUNTS_REPORT: referral-fee discounts that Amazon offers for lower prices, as an Excel workbook; European stores.
Columns as in Airbyte's schema of the report; a snapshot, whatever its dates."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from ....business.catalog import PRODUCTS, list_price
from ....business.marketplaces import Marketplace
from ....business.seeds import derive
from ....business.titles import title
from ...model import BadRequest, Document, Request
from ...periods import first_of_period

COLUMNS = (
    "Promotion type", "Marketplace", "ASIN", "SKU", "Product name", "Current price", "Referral Fee at current price",
    "Target price", "Referral Fee at target price", "Discount amount", "Discount type", "Discount start date",
    "Discount end date", "Buy Box price", "Description",
)  # fmt: skip
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def render(request: Request) -> Document:
    """Discounts that can be had today: prices are numbers, dates are dates, identifiers are text."""
    if outside := [m.code for m in request.marketplaces if m.region != "eu" or m.code == "IN"]:
        raise BadRequest(f"This report type is not available in the marketplace {', '.join(outside)}.")
    from openpyxl import Workbook  # takes a while to import, and few reports need it
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Fee Discounts")
    sheet.append(COLUMNS)
    for m in request.marketplaces:
        for row in _rows(request, m):
            cells = [WriteOnlyCell(sheet, value) for value in row]
            for cell, value in zip(cells, row, strict=True):
                if isinstance(value, str):
                    cell.data_type = "s"  # or a SKU that begins with = became a formula
            sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return Document(out.getvalue(), _TYPE)


def _rows(request: Request, m: Marketplace) -> list[list[Any]]:
    start = first_of_period("MONTH", request.now.date())
    rows: list[list[Any]] = []
    for product in PRODUCTS:
        draw = derive(request.business.seed, "fee discount", m.code, product.sku, start.toordinal())
        if draw % 3:
            continue
        price = list_price(product, m, request.now.year) / 10**m.digits
        target = round(price * 0.93, 2)
        rows.append(
            [
                "Referral fee discount", m.sales_channel, product.asin, product.sku, title(product, m.language), price,
                round(price * 0.15, 2), target, round(target * 0.12, 2), round(price * 0.15 - target * 0.12, 2), "Percentage",
                start, start + timedelta(days=60), round(price * (0.95 + draw % 10 / 100), 2),
                f"Lower your price to {target} {m.currency}",
            ]
        )  # fmt: skip
    return rows
