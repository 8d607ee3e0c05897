"""GET_V2_SETTLEMENT_REPORT_DATA_XML: the amounts of the flat settlements under their orders and refunds.
Amazon stopped making it on 2026-11-11; element names as public readers of real documents use them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree as ET

from ....business.marketplaces import Marketplace
from ....business.settlements import Entry, Period, entries, find
from ...flat import iso
from ...model import BadRequest, Document, Request
from ...xml_document import amount, element, one_message, xml_document


def render(request: Request) -> Document:
    """The settlement that begins at the request's start."""
    m = request.one_marketplace()
    period = find(request.business, request.account, m, request.start)
    if period is None:
        raise BadRequest(f"No settlement of {m.sales_channel} begins at {request.start.isoformat()}.")
    found = entries(request.business, period)
    report = element("SettlementReport", _head(period, found), *_events(found, "Order", m), *_events(found, "Refund", m))
    report.extend(_other(e, m) for e in found if e.order is None)
    return xml_document(one_message("SettlementReport", [report]))


def _head(period: Period, found: list[Entry]) -> ET.Element:
    m = period.marketplace
    return element(
        "SettlementData",
        amount("TotalAmount", sum(e.amount for e in found), m.digits, m.currency),
        AmazonSettlementID=period.id,
        StartDate=iso(period.start),
        EndDate=iso(period.end),
        DepositDate=iso(period.deposit),
    )


def _events(found: list[Entry], kind: str, m: Marketplace) -> Iterator[ET.Element]:
    """One element for each order and instant, with its items."""
    mine = sorted((e for e in found if e.type == kind and e.order), key=lambda e: (e.posted, _order_id(e), _item_code(e)))
    for (posted, order_id), of_order in groupby(mine, key=lambda e: (e.posted, _order_id(e))):
        items = [_item(kind, list(of_item), m) for _, of_item in groupby(of_order, key=_item_code)]
        fulfillment = element(
            "Fulfillment",
            *(item for item, _ in items),
            MerchantFulfillmentID="AFN" if items[0][1] else "MFN",
            PostedDate=iso(posted),
        )
        own = {"ShipmentID": f"S{order_id[-7:]}"} if kind == "Order" else {"AdjustmentID": f"A{order_id[-7:]}"}
        yield element(kind, fulfillment, AmazonOrderID=order_id, MerchantOrderID=order_id, **own, MarketplaceName=m.sales_channel)


def _order_id(e: Entry) -> str:
    return e.order.id if e.order else ""


def _item_code(e: Entry) -> str:
    return e.line.item_code if e.line else ""


def _item(kind: str, found: list[Entry], m: Marketplace) -> tuple[ET.Element, bool]:
    """One item, and whether Amazon shipped it."""
    line = found[0].line
    assert line, "an order's entry belongs to a line"

    def part(tag: str, e: Entry) -> ET.Element:
        return element(tag, amount("Amount", e.amount, m.digits, m.currency), Type=e.description)

    prices = [part("Component", e) for e in found if e.amount_type == "ItemPrice"]
    fees = [part("Fee", e) for e in found if e.amount_type in ("ItemFees", "ItemWithheldTax")]
    refund = kind == "Refund"
    promotions = [
        element(
            "PromotionAdjustment" if refund else "Promotion",
            amount("Amount", e.amount, m.digits, m.currency),
            MerchantPromotionID=e.promotion_id or None,
            Type=e.description,
        )
        for e in found
        if e.amount_type == "Promotion"
    ]
    item = element(
        "AdjustedItem" if refund else "Item",
        element("ItemPriceAdjustments" if refund else "ItemPrice", *prices) if prices else None,
        element("ItemFeeAdjustments" if refund else "ItemFees", *fees) if fees else None,
        *promotions,
        AmazonOrderItemCode=line.item_code,
        MerchantAdjustmentItemID=f"R{line.item_code[-10:]}" if refund else None,
        SKU=line.product.sku,
        Quantity=None if refund else line.units,
    )
    return item, line.product.fba


def _other(e: Entry, m: Marketplace) -> ET.Element:
    """What belongs to no order: advertising in its own element, everything else as another transaction."""
    if e.amount_type == "Cost of Advertising":
        return element(
            "AdvertisingTransactionDetails",
            amount("BaseAmount", e.amount, m.digits, m.currency),
            amount("TransactionAmount", e.amount, m.digits, m.currency),
            TransactionType="Charge",
            PostedDate=iso(e.posted),
        )
    return element(
        "OtherTransaction",
        amount("Amount", e.amount, m.digits, m.currency),
        element("Item", SKU=e.product.sku) if e.product else None,
        TransactionType=e.description,
        PostedDate=iso(e.posted),
    )
