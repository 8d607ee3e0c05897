"""The operations the simulator answers: path, quota, who may call them, and which query parameters they know.
Source: Amazon's models of Reports 2021-06-30, Notifications v1, Sellers v1 and Tokens 2021-03-01; the handlers are in api/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"
ROTATION_SCOPE = "sellingpartnerapi::client_credential:rotation"
MIGRATION_SCOPE = "sellingpartnerapi::migration"
SCOPES = frozenset({NOTIFICATIONS_SCOPE, ROTATION_SCOPE, MIGRATION_SCOPE})


@dataclass(frozen=True)
class Operation:
    """`rate` is requests per second, `burst` the bucket's size. `scope` is set on grantless operations only."""

    name: str
    method: str
    template: str
    rate: float
    burst: int
    success: int = 200
    query: frozenset[str] = frozenset()
    scope: str | None = None
    sellers_only: bool = False
    vendors_only: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template))


_REPORTS = "/reports/2021-06-30"
_ORDERS = "/orders/2026-01-01/orders"
_ORDERS_FILTERS = frozenset(
    {
        "createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore", "fulfillmentStatuses", "marketplaceIds",
        "fulfilledBy", "maxResultsPerPage", "paginationToken", "includedData",
    }
)  # fmt: skip
_NOTIFICATIONS = "/notifications/v1"
_REPORT_FILTERS = frozenset(
    {"reportTypes", "processingStatuses", "marketplaceIds", "pageSize", "createdSince", "createdUntil", "nextToken"}
)
_FINANCES, _PAYOUTS = "/finances/2024-06-19", "/finances/transfers/2024-06-01/payouts"
_RELATED = frozenset({"relatedIdentifierName", "relatedIdentifierValue", "nextToken"})
_TRANSACTIONS = _RELATED | {"postedAfter", "postedBefore", "marketplaceId", "transactionStatus"}
_BALANCES = frozenset({"marketplaceIds", "balanceType", "accountType", "asOfDate", "nextToken"})
_SUMMARY = _RELATED | {"marketplaceIds", "accountType", "periodStart", "periodEnd"}
_EXPECTED = frozenset({"marketplaceIds", "accountType", "nextToken"})
_PAID = _EXPECTED | {"createdAfter", "createdBefore", "payoutId"}
_CATALOG, _LISTINGS = "/catalog/2022-04-01/items", "/listings/2021-08-01/items/{sellerId}"
_CATALOG_ITEM = frozenset({"marketplaceIds", "includedData", "locale"})
_CATALOG_SEARCH = _CATALOG_ITEM | {
    "identifiers", "identifiersType", "sellerId", "keywords", "brandNames", "classificationIds", "pageSize", "pageToken",
    "keywordsLocale",
}  # fmt: skip
_LISTING = frozenset({"marketplaceIds", "issueLocale", "includedData"})
# `nextToken` is no parameter of Amazon's model: it is taken and ignored, and so leads to the first page for ever.
_LISTING_SEARCH = _LISTING | {
    "identifiers", "identifiersType", "variationParentSku", "packageHierarchySku", "createdAfter", "createdBefore",
    "lastUpdatedAfter", "lastUpdatedBefore", "withIssueSeverity", "withStatus", "withoutStatus", "sortBy", "sortOrder",
    "pageSize", "pageToken", "nextToken",
}  # fmt: skip
_INVENTORY = frozenset(
    {
        "details", "granularityType", "granularityId", "startDateTime", "sellerSkus", "sellerSku", "nextToken",
        "marketplaceIds",
    }
)  # fmt: skip
_PRICING, _FEES = "/batches/products/pricing/2022-05-01", "/products/fees/v0"
_METRICS = frozenset(
    {
        "marketplaceIds", "interval", "granularityTimeZone", "granularity", "buyerType", "fulfillmentNetwork",
        "firstDayOfWeek", "asin", "sku", "amazonProgram",
    }
)  # fmt: skip
_INVOICES, _VENDOR_ORDERS, _SHIPPING = "/finances/invoices/2026-06-25/invoices", "/vendor/orders/v1", "/vendor/shipping/v1"
_ISSUED = frozenset({"marketplaceId", "fromIssueDate", "toIssueDate", "invoicesModifiedAfter", "nextToken"})
_VENDOR_PAGE = frozenset({"limit", "sortOrder", "nextToken"})
_PURCHASES = _VENDOR_PAGE | {
    "createdAfter", "createdBefore", "changedAfter", "changedBefore", "includeDetails", "poItemState", "isPOChanged",
    "purchaseOrderState", "orderingVendorCode",
}  # fmt: skip
_PURCHASES_STATUS = _VENDOR_PAGE | {
    "createdAfter", "createdBefore", "updatedAfter", "updatedBefore", "purchaseOrderNumber", "purchaseOrderStatus",
    "itemConfirmationStatus", "itemReceiveStatus", "orderingVendorCode", "shipToPartyId",
}  # fmt: skip
_LABELS = _VENDOR_PAGE | {
    "labelCreatedAfter", "labelCreatedBefore", "buyerReferenceNumber", "vendorShipmentIdentifier", "sellerWarehouseCode",
}  # fmt: skip
_EVENTS = (
    "created", "shipmentConfirmed", "packageLabelCreated", "shipped", "estimatedDelivery", "shipmentDelivery", "requestedPickUp",
    "scheduledPickUp",
)  # fmt: skip
_SHIPMENTS = _VENDOR_PAGE | {
    "currentShipmentStatus", "vendorShipmentIdentifier", "buyerReferenceNumber", "buyerWarehouseCode", "sellerWarehouseCode",
    *(f"{event}{end}" for event in _EVENTS for end in ("After", "Before")),
}  # fmt: skip
_KIOSK = "/dataKiosk/2023-11-15"
_QUERIES = frozenset({"processingStatuses", "pageSize", "createdSince", "createdUntil", "paginationToken"})
_PAGE = frozenset({"notificationTypes", "payloadVersion", "pageSize", "nextToken"})
_VERSION = frozenset({"payloadVersion"})

OPERATIONS: tuple[Operation, ...] = (
    Operation("getReports", "GET", f"{_REPORTS}/reports", 0.0222, 10, query=_REPORT_FILTERS),
    Operation("createReport", "POST", f"{_REPORTS}/reports", 0.0167, 15, success=202),
    Operation("getReport", "GET", f"{_REPORTS}/reports/{{reportId}}", 2, 15),
    Operation("cancelReport", "DELETE", f"{_REPORTS}/reports/{{reportId}}", 0.0222, 10),
    Operation("getReportSchedules", "GET", f"{_REPORTS}/schedules", 0.0222, 10, query=frozenset({"reportTypes"})),
    Operation("createReportSchedule", "POST", f"{_REPORTS}/schedules", 0.0222, 10, success=201),
    Operation("getReportSchedule", "GET", f"{_REPORTS}/schedules/{{reportScheduleId}}", 0.0222, 10),
    Operation("cancelReportSchedule", "DELETE", f"{_REPORTS}/schedules/{{reportScheduleId}}", 0.0222, 10),
    Operation(
        "getReportDocument",
        "GET",
        f"{_REPORTS}/documents/{{reportDocumentId}}",
        0.0167,
        15,
        query=frozenset({"enableContentEncodingUrlHeader"}),
    ),
    Operation("createRestrictedDataToken", "POST", "/tokens/2021-03-01/restrictedDataToken", 1, 10),
    Operation("getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations", 0.016, 15, sellers_only=True),
    Operation("getAccount", "GET", "/sellers/v1/account", 0.016, 15, sellers_only=True),
    Operation("getDestinations", "GET", f"{_NOTIFICATIONS}/destinations", 1, 5, scope=NOTIFICATIONS_SCOPE),
    Operation("createDestination", "POST", f"{_NOTIFICATIONS}/destinations", 1, 5, scope=NOTIFICATIONS_SCOPE),
    Operation("getDestination", "GET", f"{_NOTIFICATIONS}/destinations/{{destinationId}}", 1, 5, scope=NOTIFICATIONS_SCOPE),
    Operation("deleteDestination", "DELETE", f"{_NOTIFICATIONS}/destinations/{{destinationId}}", 1, 5, scope=NOTIFICATIONS_SCOPE),
    Operation("getSubscriptions", "GET", f"{_NOTIFICATIONS}/subscriptions", 1, 5, query=_PAGE),
    Operation("getSubscription", "GET", f"{_NOTIFICATIONS}/subscriptions/{{notificationType}}", 1, 5, query=_VERSION),
    Operation("createSubscription", "POST", f"{_NOTIFICATIONS}/subscriptions/{{notificationType}}", 1, 5),
    Operation(
        "getSubscriptionById",
        "GET",
        f"{_NOTIFICATIONS}/subscriptions/{{notificationType}}/{{subscriptionId}}",
        1,
        5,
        scope=NOTIFICATIONS_SCOPE,
    ),
    Operation(
        "deleteSubscriptionById",
        "DELETE",
        f"{_NOTIFICATIONS}/subscriptions/{{notificationType}}/{{subscriptionId}}",
        1,
        5,
        scope=NOTIFICATIONS_SCOPE,
    ),
    Operation("searchCatalogItems", "GET", _CATALOG, 2, 2, query=_CATALOG_SEARCH),
    Operation("getCatalogItem", "GET", f"{_CATALOG}/{{asin}}", 2, 2, query=_CATALOG_ITEM),
    Operation("searchListingsItems", "GET", _LISTINGS, 5, 5, query=_LISTING_SEARCH),
    Operation("getListingsItem", "GET", f"{_LISTINGS}/{{sku}}", 5, 10, query=_LISTING),
    Operation("getInventorySummaries", "GET", "/fba/inventory/v1/summaries", 2, 2, query=_INVENTORY, sellers_only=True),
    Operation("getCompetitiveSummary", "POST", f"{_PRICING}/items/competitiveSummary", 0.033, 1, sellers_only=True),
    Operation(
        "getFeaturedOfferExpectedPriceBatch", "POST", f"{_PRICING}/offer/featuredOfferExpectedPrice", 0.033, 1, sellers_only=True
    ),
    Operation("getMyFeesEstimates", "POST", f"{_FEES}/feesEstimate", 0.5, 1, sellers_only=True),
    Operation("getMyFeesEstimateForSKU", "POST", f"{_FEES}/listings/{{SellerSKU}}/feesEstimate", 1, 2, sellers_only=True),
    Operation("getMyFeesEstimateForASIN", "POST", f"{_FEES}/items/{{Asin}}/feesEstimate", 1, 2, sellers_only=True),
    Operation("getOrderMetrics", "GET", "/sales/v1/orderMetrics", 0.5, 15, query=_METRICS, sellers_only=True),
    Operation("searchOrders", "GET", _ORDERS, 0.0056, 20, query=_ORDERS_FILTERS, sellers_only=True),
    Operation("getOrder", "GET", f"{_ORDERS}/{{orderId}}", 0.5, 30, query=frozenset({"includedData"}), sellers_only=True),
    Operation("listTransactions", "GET", f"{_FINANCES}/transactions", 0.5, 10, query=_TRANSACTIONS, sellers_only=True),
    Operation("listBalances", "GET", f"{_FINANCES}/balances", 0.5, 10, query=_BALANCES, sellers_only=True),
    Operation("listSummary", "GET", f"{_FINANCES}/summary", 0.5, 10, query=_SUMMARY, sellers_only=True),
    Operation("listPayouts", "GET", _PAYOUTS, 0.5, 10, query=_PAID, sellers_only=True),
    Operation("listExpectedPayouts", "GET", f"{_PAYOUTS}/expected", 0.5, 10, query=_EXPECTED, sellers_only=True),
    # The models of invoices state no usage plan.
    Operation("getInvoiceHeaders", "GET", _INVOICES, 0.5, 10, query=_ISSUED),
    Operation(
        "getInvoice",
        "GET",
        f"{_INVOICES}/{{invoiceIdentifier}}",
        0.5,
        10,
        query=frozenset({"marketplaceId", "nextTokenForLineItems"}),
    ),
    Operation("getPurchaseOrders", "GET", f"{_VENDOR_ORDERS}/purchaseOrders", 10, 10, query=_PURCHASES, vendors_only=True),
    Operation("getPurchaseOrder", "GET", f"{_VENDOR_ORDERS}/purchaseOrders/{{purchaseOrderNumber}}", 10, 10, vendors_only=True),
    Operation(
        "getPurchaseOrdersStatus",
        "GET",
        f"{_VENDOR_ORDERS}/purchaseOrdersStatus",
        10,
        10,
        query=_PURCHASES_STATUS,
        vendors_only=True,
    ),
    Operation("GetShipmentDetails", "GET", f"{_SHIPPING}/shipments", 10, 10, query=_SHIPMENTS, vendors_only=True),
    Operation("GetShipmentLabels", "GET", f"{_SHIPPING}/transportLabels", 10, 10, query=_LABELS, vendors_only=True),
    Operation("getQueries", "GET", f"{_KIOSK}/queries", 0.0222, 10, query=_QUERIES),
    Operation("createQuery", "POST", f"{_KIOSK}/queries", 0.0167, 15, success=202),
    Operation("getQuery", "GET", f"{_KIOSK}/queries/{{queryId}}", 2, 15),
    Operation("cancelQuery", "DELETE", f"{_KIOSK}/queries/{{queryId}}", 0.0222, 10, success=204),
    Operation("getDocument", "GET", f"{_KIOSK}/documents/{{documentId}}", 0.0167, 15),
)
BY_NAME: dict[str, Operation] = {operation.name: operation for operation in OPERATIONS}
# Not operations of SP-API, but faults and the log name them the same way.
EXCHANGE_TOKEN = "exchangeToken"
DOWNLOAD_DOCUMENT = "downloadDocument"


def find(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation of a request, and its path parameters as sent (still percent-encoded where the client encoded them)."""
    for operation in OPERATIONS:
        if operation.method == method and (match := operation.pattern.fullmatch(path)):
            return operation, match.groupdict()
    return None
