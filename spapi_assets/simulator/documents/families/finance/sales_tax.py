"""GET_FLAT_FILE_SALES_TAX_DATA: the sales tax of each line that was shipped or refunded in a month, United States only.
Made in the Tax Document Library, here on the third of each month; Amazon remits the tax itself."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.centres import home
from ....business.marketplaces import utc
from ....business.orders import Line, Order
from ....business.returns import returned
from ....business.shipments import parcel, shipped_orders
from ...flat import Cells, money, named_file, number
from ...model import Document, NoData, Request
from ...rules import marketplaces_in, window

# Source: developer-docs.amazon.com, "Tax reports attributes". Readers of real files also know rows without an order that name
# further jurisdictions of the line before; here the state is the only one.
HEADER = (
    "Order_ID", "Order_Date", "Shipment_ID", "Shipment_Date", "Tax_Calculated_Date (UTC)", "Posted_Date", "Marketplace",
    "Merchant_ID", "Fulfillment", "ASIN", "SKU", "Transaction_Type", "Tax_Collection_Model", "Tax_Collection_Responsible_Party",
    "Product_Tax_Code", "Quantity", "Currency", "Buyer_Exemption_Code", "Buyer_Exemption_Domain",
    "Buyer_Exemption_Certificate_Id", "Display_Price", "Display_Price_Tax_Inclusive", "TaxExclusive_Selling_Price", "Total_Tax",
    "Total_Tax_Collected_By_Amazon", "Financial_Component", "Ship_From_City", "Ship_From_State", "Ship_From_Country",
    "Ship_From_Postal_Code", "Ship_From_Tax_Location_Code", "Ship_To_City", "Ship_To_State", "Ship_To_Country",
    "Ship_To_Postal_Code", "Ship_To_Location_Code", "Taxed_Location_Code", "Tax_Address_Role", "Jurisdiction_Level",
    "Jurisdiction_Name", "Display_Promo_Amount", "Display_Promo_Tax_Inclusive", "isPromoApplied", "postPromoTaxableBasis",
    "prePromoTaxableBasis", "Promo_Amount_Basis", "Promo_ID_Domain", "promoAmountTax", "Promotion_Identifier",
    "Promo_Rule_Reason_Code", "Promo_Tax_Price_Type", "Tax_Amount", "Tax_Amount_Collected_By_Amazon",
    "Taxed_Jurisdiction_Tax_Rate", "Tax_Category", "Tax_Type", "Tax_Calculation_Reason_Code", "NonTaxable_Amount",
    "Taxable_Amount",
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
    m, product = order.marketplace, line.product
    city, state, postal_code, country = order.place
    part = line.refunded if sign < 0 else int
    price, discount, tax = (sign * part(value) for value in (line.price, line.discount, line.tax))
    centre = home(m.pool, product)
    cells: dict[str, str | int] = {
        "Order_ID": order.id, "Order_Date": _day(order.purchased),
        "Shipment_ID": parcel(request.business.seed, order, line).shipment_id,
        "Shipment_Date": _day(order.shipped), "Tax_Calculated_Date (UTC)": _day(at), "Posted_Date": _day(at),
        "Marketplace": m.sales_channel,
        "Merchant_ID": request.account.selling_partner_id, "Fulfillment": "AFN" if product.fba else "MFN", "ASIN": product.asin,
        "SKU": product.sku, "Tax_Collection_Model": "MarketplaceFacilitator",
        "Tax_Collection_Responsible_Party": "Amazon Services, Inc.", "Transaction_Type": kind,
        "Product_Tax_Code": "A_GEN_TAX", "Quantity": line.units if sign > 0 else -line.refund_units, "Currency": m.currency,
        "Display_Price": money(price, m.digits), "Display_Price_Tax_Inclusive": "N",
        "TaxExclusive_Selling_Price": money(price, m.digits), "Total_Tax": money(tax, m.digits),
        "Total_Tax_Collected_By_Amazon": money(tax, m.digits),

        "Financial_Component": "OUR_PRICE",
        "Ship_To_City": city, "Ship_To_State": state, "Ship_To_Country": country, "Ship_To_Postal_Code": postal_code,
        "Tax_Address_Role": "ShipTo", "Jurisdiction_Level": "State", "Jurisdiction_Name": state,
        "Display_Promo_Amount": money(-discount, m.digits), "Display_Promo_Tax_Inclusive": "N",
        "isPromoApplied": "Y" if discount else "N", "postPromoTaxableBasis": money(price - discount, m.digits),
        "prePromoTaxableBasis": money(price, m.digits), "Tax_Amount": money(tax, m.digits),
        "Tax_Amount_Collected_By_Amazon": money(tax, m.digits), "Tax_Category": "Goods",
        "Taxed_Jurisdiction_Tax_Rate": number(m.vat, 4), "Tax_Type": "Sales", "Tax_Calculation_Reason_Code": "Taxable",
        "NonTaxable_Amount": money(0, m.digits), "Taxable_Amount": money(price - discount, m.digits),
    }  # fmt: skip
    if product.fba:
        cells |= {
            "Ship_From_City": centre.city, "Ship_From_State": centre.state, "Ship_From_Country": centre.country,
            "Ship_From_Postal_Code": centre.postal_code,
        }  # fmt: skip
    return cells


def _day(instant: float) -> str:
    return utc(instant).strftime("%Y-%m-%d")
