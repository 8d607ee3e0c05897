"""Every notification type Amazon has: who can subscribe, how it comes, where its account stands, how urgent it is, what it does.
Facts only; the decision for one message is `route.py`.

Sources: Amazon's schemas of notifications (names, casing, wrappers, payload versions of the examples) and its page "Notification
Type Values" (who can subscribe, SQS or EventBridge; it alone knows ACCOUNT_STATUS_CHANGED and
EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE); "Set up credential rotation notifications" for the two about client secrets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any

from spapi_assets.datasets.model import Kind
from spapi_assets.ingest.notifications.envelope import NEW_SECRET, member

REPORT_FINISHED = "REPORT_PROCESSING_FINISHED"
QUERY_FINISHED = "DATA_KIOSK_QUERY_PROCESSING_FINISHED"
SECRET_EXPIRY = "APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY"
# Ours: what `spapi subscribe` sends through the queue to see a message arrive.
SELF_TEST = "SPAPI_ASSETS_SELF_TEST"


class Transport(Enum):
    """How Amazon delivers a type; a destination is for one of them."""

    SQS = "sqs"
    EVENT_BRIDGE = "event bridge"
    CONSOLE = "developer console"  # no subscription: the application's own queue
    OURS = "ourselves"


class Urgency(IntEnum):
    """The order in which waiting messages are handled."""

    SECRET = 0  # an old client secret dies seven days after the new one was made
    FINISHED = 1  # somebody waits for the document
    CHANGE = 2  # a SKU, ASIN or order is to be read again
    TABLE = 3  # rows
    OTHER = 4  # unknown


@dataclass(frozen=True)
class Refresh:
    """What is read again: an identifier of the payload, by a source of the registry."""

    source: str
    kind: str  # of the identifier, as `aws/identifiers.py` has it
    identifier: str  # its member in the facts


@dataclass(frozen=True)
class NotificationType:
    """One type. Paths run through objects and arrays below the facts; `wrapper` is the payload's member that holds the facts."""

    name: str
    kind: Kind
    urgency: Urgency
    does: str
    transport: Transport = Transport.SQS
    versions: tuple[str, ...] = ("1.0",)  # payload versions that can be subscribed to, the wanted one first
    wrapper: str | None = None
    account: tuple[str, ...] = ("sellerId",)  # paths of ids of the selling partner, below the facts
    marketplace: str | None = None
    refresh: Refresh | None = None
    refresh_when_listed: Refresh | None = None  # also, when the listing was made or deleted
    aliases: tuple[str, ...] = ()

    def facts(self, payload: Any) -> Any:
        """The object that holds the facts: inside the wrapper, or the payload itself where Amazon left the wrapper away."""
        inner = member(payload, self.wrapper) if self.wrapper else None
        return payload if inner is None else inner


_LISTINGS, _CATALOG, _ORDERS = "listings_items", "catalog_items", "orders_api"
_HOURLY = {"kind": Kind.ANY, "urgency": Urgency.TABLE, "does": "hourly rows", "versions": ("2020-09-04", "1.0")}
_BUS = Transport.EVENT_BRIDGE
_S, _ANY = Kind.SELLER, Kind.ANY
_TABLE, _CHANGE = Urgency.TABLE, Urgency.CHANGE

_ALL = (
    NotificationType(
        NEW_SECRET,
        _ANY,
        Urgency.SECRET,
        "stores the secret for every account of the application, and nowhere else",
        transport=Transport.CONSOLE,
        account=(),
    ),
    NotificationType(
        SECRET_EXPIRY,
        _ANY,
        Urgency.SECRET,
        "remembers the day the application's secret ends",
        transport=Transport.CONSOLE,
        account=(),
    ),
    NotificationType(SELF_TEST, _ANY, Urgency.SECRET, "proves that a message arrives", transport=Transport.OURS, account=()),
    # The documentation's tutorials subscribe with 1.0, the schema's example says 2020-09-04.
    NotificationType(
        REPORT_FINISHED,
        _ANY,
        Urgency.FINISHED,
        "the outcome goes to the ledger, the document is loaded",
        versions=("1.0", "2020-09-04"),
        wrapper="reportProcessingFinishedNotification",
        account=("sellerId", "accountId"),
    ),
    NotificationType(
        QUERY_FINISHED,
        _ANY,
        Urgency.FINISHED,
        "the query's outcome is recorded, its document loaded",
        versions=("2023-11-15",),
        wrapper="dataKioskQueryProcessingFinishedNotification",  # today there is none
        account=("accountId", "sellerId"),
    ),
    # 1.0 of the issues was withdrawn on 2025-03-26.
    NotificationType(
        "LISTINGS_ITEM_STATUS_CHANGE",
        _S,
        _CHANGE,
        "the SKU's listing is read again",
        transport=_BUS,
        marketplace="marketplaceId",
        refresh=Refresh(_LISTINGS, "sku", "sku"),
        refresh_when_listed=Refresh(_CATALOG, "asin", "asin"),
        aliases=("LISTINGS_ITEM_STATUS_CHANGED",),  # so the schema; example and reality lack the D
    ),
    NotificationType(
        "LISTINGS_ITEM_ISSUES_CHANGE",
        _S,
        _CHANGE,
        "the SKU's listing is read again",
        transport=_BUS,
        versions=("2023-12-13",),
        marketplace="marketplaceId",
        refresh=Refresh(_LISTINGS, "sku", "sku"),
        aliases=("LISTINGS_ITEM_ISSUES_CHANGED",),
    ),
    NotificationType(
        "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
        _S,
        _CHANGE,
        "the SKU's listing is read again in all marketplaces",
        transport=_BUS,
        refresh=Refresh(_LISTINGS, "sku", "sku"),
        aliases=("LISTINGS_ITEM_MFN_QUANTITY_CHANGED",),
    ),
    NotificationType(
        "ITEM_PRODUCT_TYPE_CHANGE",
        _S,
        _CHANGE,
        "the ASIN's catalog item is read again",
        transport=_BUS,
        account=(),
        marketplace="marketplaceId",
        refresh=Refresh(_CATALOG, "asin", "asin"),
    ),
    NotificationType(
        "BRANDED_ITEM_CONTENT_CHANGE",
        _S,
        _CHANGE,
        "the ASIN's catalog item is read again",
        transport=_BUS,
        account=(),
        marketplace="marketplaceId",
        refresh=Refresh(_CATALOG, "asin", "asin"),
    ),
    NotificationType(
        "ORDER_CHANGE",
        _S,
        _CHANGE,
        "the order is read again",
        wrapper="orderChangeNotification",
        marketplace="summary.marketplaceId",
        refresh=Refresh(_ORDERS, "order_id", "amazonOrderId"),
    ),
    NotificationType(
        "PRODUCT_TYPE_DEFINITIONS_CHANGE",
        _ANY,
        _TABLE,
        "rows",
        transport=_BUS,
        account=("accountId",),
        marketplace="marketplaceId",
    ),
    NotificationType(
        "ANY_OFFER_CHANGED",
        _S,
        _TABLE,
        "rows",
        wrapper="anyOfferChangedNotification",
        marketplace="offerChangeTrigger.marketplaceId",
    ),
    NotificationType(
        "B2B_ANY_OFFER_CHANGED",
        _S,
        _TABLE,
        "rows",
        wrapper="b2bAnyOfferChangedNotification",
        marketplace="offerChangeTrigger.marketplaceId",
    ),
    NotificationType("PRICING_HEALTH", _S, _TABLE, "rows", marketplace="offerChangeTrigger.marketplaceId"),
    NotificationType("FBA_INVENTORY_AVAILABILITY_CHANGES", _S, _TABLE, "rows"),
    NotificationType(
        "FBA_OUTBOUND_SHIPMENT_STATUS",
        _S,
        _TABLE,
        "rows",
        wrapper="fbaOutboundShipmentStatusNotification",
    ),
    NotificationType(
        "FEE_PROMOTION",
        _S,
        _TABLE,
        "rows",
        wrapper="feePromotionNotification",
        account=("merchantId",),
        marketplace="marketplaceId",
    ),
    NotificationType(
        "FEED_PROCESSING_FINISHED",
        _ANY,
        _TABLE,
        "rows",
        versions=("1.0", "2020-09-04"),
        wrapper="feedProcessingFinishedNotification",
        account=("sellerId", "accountId"),
    ),
    NotificationType("FULFILLMENT_ORDER_STATUS", _S, _TABLE, "rows", wrapper="fulfillmentOrderStatusNotification"),
    NotificationType(
        "TRANSACTION_UPDATE",
        _S,
        _TABLE,
        "rows",
        wrapper="transactionUpdateNotification",
        account=("sellingPartnerMetadata.sellingPartnerId",),
        marketplace="sellingPartnerMetadata.marketplaceId",
    ),
    NotificationType(
        "SHIPMENT_TRACKING_MILESTONE_CHANGED",
        _ANY,
        _TABLE,
        "rows",
        versions=("2026-01-30",),
        wrapper="shipmentTrackingMilestoneChangedNotification",
        account=(),
    ),
    NotificationType(
        "ITEM_INVENTORY_EVENT_CHANGE",
        **_HOURLY,  # type: ignore[arg-type]
        account=("itemInventoryEventChanges.accountId",),
        marketplace="itemInventoryEventChanges.marketplaceId",
    ),
    NotificationType(
        "ITEM_SALES_EVENT_CHANGE",
        **_HOURLY,  # type: ignore[arg-type]
        account=("itemSalesEventChanges.accountId",),
        marketplace="itemSalesEventChanges.marketplaceId",
    ),
    NotificationType(
        "DETAIL_PAGE_TRAFFIC_EVENT",
        **_HOURLY,  # type: ignore[arg-type]
        account=("detailPageTrafficEvents.accountId",),
        marketplace="detailPageTrafficEvents.marketplaceId",
    ),
    NotificationType(
        "ACCOUNT_STATUS_CHANGED",
        _S,
        _TABLE,
        "a warning, and the archive",
        versions=("2021-01-01",),
        wrapper="accountStatusChangeNotification",
        account=(),
    ),
    NotificationType(
        "EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE",
        _S,
        _TABLE,
        "the archive",
        wrapper="externalFulfillmentShipmentNotification",
        account=("merchantId",),
    ),
)

TYPES = {t.name: t for t in _ALL}
_BY_ANY_NAME = {name.casefold(): t for t in _ALL for name in (t.name, *t.aliases)}


def known(name: str) -> NotificationType | None:
    """The type of that name or alias, in any casing; None for one nobody here has heard of."""
    return _BY_ANY_NAME.get(name.casefold())


def subscribable(kind: Kind, transport: Transport) -> list[NotificationType]:
    """The types a seller or vendor can subscribe to with this kind of destination."""
    return [t for t in _ALL if t.transport is transport and t.kind in (kind, Kind.ANY)]
