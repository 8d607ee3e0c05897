"""GET_DATE_RANGE_FINANCIAL_HOLDS_DATA: shipped orders whose money Amazon keeps until seven days after delivery, as CSV.
Made in Seller Central, here every Monday; numbers and dates are the store's own."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.catalog import fulfilment_fee
from ....business.marketplaces import utc
from ....business.orders import Line
from ....business.settlements import commission
from ....business.shipments import parcel, shipped_orders
from ....business.titles import title
from ....business.transactions import HELD
from ...flat import Cells, csv_file, money
from ...model import Document, NoData, Request

# The columns of Seller Central's date-range transactions, to which the held ones add the last two.
HEADER = (
    "date/time", "settlement id", "type", "order id", "sku", "description", "quantity", "marketplace", "account type",
    "fulfillment", "order city", "order state", "order postal", "tax collection model", "product sales", "product sales tax",
    "shipping credits", "shipping credits tax", "gift wrap credits", "giftwrap credits tax", "promotional rebates",
    "promotional rebates tax", "marketplace withheld tax", "selling fees", "fba fees", "other transaction fees", "other", "total",
    "Transaction Status", "Transaction Release Date",
)  # fmt: skip


def render(request: Request) -> Document:
    """What is held now in the first marketplace named."""
    rows = list(_held(request))
    if not rows:
        raise NoData("No money is held.")
    return csv_file(HEADER, rows)


def _held(request: Request) -> Iterator[Cells]:
    m, now = request.marketplaces[0], request.now.timestamp()
    for order in shipped_orders(request.business, request.account, m, now - HELD - 4 * 86_400, now):
        city, state, postal_code, _ = order.place
        for line in order.lines:
            release = parcel(request.business.seed, order, line).arrives + HELD
            if release <= now:
                continue
            numbers = _amounts(line, m.facilitator, fulfilment_fee(line.product, m) * line.units if line.product.fba else 0)
            yield {
                "date/time": utc(order.shipped).strftime(f"{m.date_format} %H:%M:%S UTC"), "type": "Order", "order id": order.id,
                "sku": line.product.sku, "description": title(line.product, m.language), "quantity": line.units,
                "marketplace": m.sales_channel.lower(), "account type": "Standard Orders",
                "fulfillment": "Amazon" if line.product.fba else "Seller", "order city": city, "order state": state,
                "order postal": postal_code, "tax collection model": "MarketplaceFacilitator" if m.facilitator else "",
                **{name: money(value, m.digits, m.decimal) for name, value in numbers.items()},
                "total": money(sum(numbers.values()), m.digits, m.decimal), "Transaction Status": "Deferred",
                "Transaction Release Date": utc(release).strftime(m.date_format),
            }  # fmt: skip


def _amounts(line: Line, facilitator: bool, fulfilment: int) -> dict[str, int]:
    """What the settlement will pay for the line, in minor units."""
    return {
        "product sales": line.price, "product sales tax": line.tax, "shipping credits": line.shipping,
        "shipping credits tax": line.shipping_tax, "gift wrap credits": 0, "giftwrap credits tax": 0,
        "promotional rebates": -line.discount - line.shipping_discount, "promotional rebates tax": 0,
        "marketplace withheld tax": -(line.tax + line.shipping_tax) if facilitator else 0, "selling fees": -commission(line),
        "fba fees": -fulfilment, "other": 0,
        "other transaction fees": -(line.shipping - line.shipping_discount) if line.product.fba else 0,
    }  # fmt: skip
