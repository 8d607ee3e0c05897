"""The payloads of notifications about orders, transactions, queries and the vendor's hours, in Amazon's casing.
When they are published is decided in telling.py; envelopes and sending are elsewhere. Source: Amazon's schemas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from spapi_assets.simulator.accounts import Account as Authorization
from spapi_assets.simulator.api.stores import number
from spapi_assets.simulator.api.values import stamp
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.marketplaces import Marketplace, utc
from spapi_assets.simulator.business.orders import Order
from spapi_assets.simulator.business.transactions import Transaction, group_id
from spapi_assets.simulator.business.vendor_hours import hour_facts
from spapi_assets.simulator.business.vendor_stock import available
from spapi_assets.simulator.clock import iso_millis

if TYPE_CHECKING:
    from spapi_assets.simulator.kiosk.book import KioskQuery

Payload = dict[str, Any]
ORDER_CHANGE, TRANSACTION_UPDATE = "ORDER_CHANGE", "TRANSACTION_UPDATE"
QUERY_FINISHED = "DATA_KIOSK_QUERY_PROCESSING_FINISHED"
INVENTORY, SALES, TRAFFIC = "ITEM_INVENTORY_EVENT_CHANGE", "ITEM_SALES_EVENT_CHANGE", "DETAIL_PAGE_TRAFFIC_EVENT"
_STATUSES = {"Pending": "Pending", "Shipped": "Shipped", "Cancelled": "Canceled"}
_MEMBERS = {INVENTORY: "itemInventoryEventChanges", SALES: "itemSalesEventChanges", TRAFFIC: "detailPageTrafficEvents"}
_IN_A_MESSAGE = 10  # ASINs of an hour; not stated by Amazon
_DAY = 86_400


def query_finished(query: KioskQuery) -> Payload:
    """DATA_KIOSK_QUERY_PROCESSING_FINISHED, which has no object around its members."""
    return {
        "accountId": query.account.account_id,
        "queryId": query.query_id,
        "query": query.sent,
        "processingStatus": query.outcome,
    } | query.documents()


def order_events(order: Order, since: float, now: float) -> Iterator[tuple[int, str, str]]:
    """What happened to an order in (since, now]: the instant, the kind of change, and Amazon's reason."""
    changes = (
        (order.purchased, "OrderStatusChange", "Order Placed"),
        (order.cancelled, "OrderStatusChange", "Order Canceled"),
        (order.shipped, "OrderStatusChange", "Order Shipped"),
        (order.touched, "BuyerRequestedChange", "Buyer Requested Change"),
    )
    yield from (change for change in changes if since < change[0] <= now)


def order_change(account: Account, order: Order, at: float, kind: str, reason: str) -> Payload:
    """ORDER_CHANGE: the order as it was at an instant."""
    status, shipped = order.status(at), order.status(at) == "Shipped"
    units = 0 if status == "Cancelled" else sum(line.units for line in order.lines)
    latest = order.purchased + 2 * _DAY
    summary: Payload = {
        "MarketplaceId": order.marketplace.id,
        "OrderStatus": _STATUSES[status],
        "PurchaseDate": iso_millis(utc(order.purchased)),
        "DestinationPostalCode": order.place[2],
        "FulfillmentType": "MFN" if order.merchant_fulfilled else "AFN",
        "OrderType": "StandardOrder",
        "NumberOfItemsShipped": units if shipped else 0,
        "NumberOfItemsUnshipped": 0 if shipped else units,
        "EarliestShipDate": iso_millis(utc(order.purchased)),
        "LatestShipDate": iso_millis(utc(latest)),
        "EarliestDeliveryDate": iso_millis(utc(latest + _DAY)),
        "LatestDeliveryDate": iso_millis(utc(latest + 4 * _DAY)),
        "OrderPrograms": ["Business"] if order.business else [],
        "ShippingPrograms": [],
        "OrderItems": [
            {
                "OrderItemId": line.item_code,
                "SellerSKU": line.product.sku,
                "SupplySourceId": None,
                "OrderItemStatus": "Shipped" if shipped else "Unshipped",
                "Quantity": 0 if status == "Cancelled" else line.units,
                "QuantityShipped": line.units if shipped else 0,
            }
            for line in order.lines
        ],
    }
    if order.cancelled and order.cancelled <= at:
        summary["CancelNotifyDate"] = iso_millis(utc(order.cancelled))
    return {
        "OrderChangeNotification": {
            "NotificationLevel": "OrderLevel",
            "SellerId": account.selling_partner_id,
            "AmazonOrderId": order.id,
            "OrderChangeType": kind,
            "OrderChangeTrigger": {"TimeOfOrderChange": iso_millis(utc(at)), "ChangeReason": reason},
            "Summary": summary,
        }
    }


def transaction_update(t: Transaction) -> Payload:
    """TRANSACTION_UPDATE: it names the transaction by what it is about, and has no id of it."""
    related = {"FinancialEventGroupId": group_id(t.period)} | ({"OrderId": t.order.id} if t.order else {})
    return {
        "TransactionUpdateNotification": {
            "SellingPartnerMetadata": {
                "SellingPartnerId": t.period.account.selling_partner_id,
                "MarketplaceId": t.marketplace.id,
                "AccountType": "PAYABLE",
            },
            "RelatedIdentifiers": [
                {"RelatedIdentifierName": name, "RelatedIdentifierValue": value} for name, value in related.items()
            ],
            "TransactionType": t.type,
            "PostedDate": iso_millis(utc(t.posted)),
            "TotalAmount": {"CurrencyAmount": number(t.amount, t.marketplace), "CurrencyCode": t.marketplace.currency},
        }
    }


def vendor_hour(
    business: Business, authorization: Authorization, account: Account, m: Marketplace, kind: str, start: datetime
) -> Iterator[Payload]:
    """The messages of one type about the hour that begins at a full hour. Only ASINs of which something is to be told are in
    them: sold, looked at, or with another stock than an hour before."""
    seed, scale = business.seed, business.scale
    facts, before = (
        hour_facts(seed, account, m, start, scale),
        hour_facts(seed, account, m, start - timedelta(hours=1), scale),
    )
    rows = []
    for product, hour in facts.items():
        row: Payload = {
            "accountId": authorization.account_id,
            "marketplaceId": m.id,
            "startTime": stamp(start.timestamp()),
            "endTime": stamp(start.timestamp() + 3_600),
            "asin": product.asin,
        }
        if kind == SALES and hour.units:
            rows.append(row | {"currencyCode": m.currency, "orderedUnits": hour.units, "orderedRevenue": number(hour.revenue, m)})
        elif kind == TRAFFIC and hour.views:
            rows.append(row | {"glanceViews": hour.views})
        elif kind == INVENTORY:
            units = available(seed, account, m, product, start, hour, scale)
            if units != available(seed, account, m, product, start - timedelta(hours=1), before[product], scale):
                rows.append(row | {"highlyAvailableInventory": units})
    for n in range(0, len(rows), _IN_A_MESSAGE):
        yield {_MEMBERS[kind]: rows[n : n + _IN_A_MESSAGE]}
