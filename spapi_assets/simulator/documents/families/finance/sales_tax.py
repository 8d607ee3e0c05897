"""GET_FLAT_FILE_SALES_TAX_DATA: the sales tax of each line that was shipped or refunded in a month, United States only.
Made in the Tax Document Library, here on the third of each month; Amazon remits the tax itself."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.marketplaces import utc
from ....business.orders import Line, Order
from ....business.returns import returned
from ....business.shipments import shipped_orders
from ...flat import Cells, money, named_file, number
from ...model import Document, NoData, Request
from ...rules import marketplaces_in, window

# No public description names the columns; these are the ones that users of the library's file know.
HEADER = (
    "Order_ID", "Transaction_Type", "Order_Date", "Shipment_Date", "Tax_Calculated_Date_UTC", "Posted_Date", "Marketplace",
    "Merchant_ID", "Fulfillment", "ASIN", "SKU", "Product_Tax_Code", "Quantity", "Currency", "Display_Price",
    "TaxExclusive_Selling_Price", "Total_Tax", "Display_Promo_Amount", "Shipping_Price", "Shipping_Tax", "Ship_To_City",
    "Ship_To_State", "Ship_To_Country", "Ship_To_Postal_Code", "Tax_Collection_Model", "Tax_Collection_Responsible_Party",
    "Jurisdiction_Level", "Jurisdiction_Name", "Tax_Rate", "Taxable_Amount", "Tax_Amount",
)  # fmt: skip


def render(request: Request) -> Document:
    """The lines of the window."""
    m = marketplaces_in(request, {"US"})[0]
    start, end = window(request)
    rows = []
    for order in shipped_orders(request.business, request.account, m, start, end):
        rows += [_row(request, order, line, order.shipped, "Shipment", 1) for line in order.lines]
    for back in returned(request.business, request.account, m, start, end):
        rows.append(_row(request, back.order, back.line, back.line.refund_at, "Refund", -1))
    if not rows:
        raise NoData("Nothing was shipped or refunded in the month.")
    ordered: Iterator[Cells] = iter(sorted(rows, key=lambda row: (str(row["Posted_Date"]), str(row["Order_ID"]))))
    return named_file(HEADER, ordered, m)


def _row(request: Request, order: Order, line: Line, at: int, kind: str, sign: int) -> Cells:
    m = order.marketplace
    city, state, postal_code, country = order.place
    part = line.refunded if sign < 0 else int
    price, discount, tax = (sign * part(value) for value in (line.price, line.discount, line.tax))
    shipping, shipping_tax = (line.shipping, line.shipping_tax) if sign > 0 else (0, 0)
    return {
        "Order_ID": order.id, "Transaction_Type": kind, "Order_Date": _day(order.purchased), "Shipment_Date": _day(order.shipped),
        "Tax_Calculated_Date_UTC": _day(at), "Posted_Date": _day(at), "Marketplace": m.sales_channel,
        "Merchant_ID": request.account.selling_partner_id, "Fulfillment": "AFN" if line.product.fba else "MFN",
        "ASIN": line.product.asin, "SKU": line.product.sku, "Product_Tax_Code": "A_GEN_TAX",
        "Quantity": line.units if sign > 0 else -line.refund_units, "Currency": m.currency,
        "Display_Price": money(price, m.digits),
        "TaxExclusive_Selling_Price": money(price, m.digits), "Total_Tax": money(tax + shipping_tax, m.digits),
        "Display_Promo_Amount": money(-discount, m.digits), "Shipping_Price": money(shipping, m.digits),
        "Shipping_Tax": money(shipping_tax, m.digits), "Ship_To_City": city, "Ship_To_State": state, "Ship_To_Country": country,
        "Ship_To_Postal_Code": postal_code, "Tax_Collection_Model": "MarketplaceFacilitator",
        "Tax_Collection_Responsible_Party": "Amazon Services, Inc.", "Jurisdiction_Level": "State", "Jurisdiction_Name": state,
        "Tax_Rate": number(m.vat, 4), "Taxable_Amount": money(price - discount, m.digits), "Tax_Amount": money(tax, m.digits),
    }  # fmt: skip


def _day(instant: float) -> str:
    return utc(instant).strftime("%Y-%m-%d")
