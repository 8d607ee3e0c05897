"""The SP-API operations this client calls, as Amazon's models state them: method, path, usage plan, and what a repeat would do.
What their parameters and answers mean is left to the API modules beside this one and to the registry's API sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spapi_assets.spapi.auth import NOTIFICATIONS_SCOPE, ROTATION_SCOPE
from spapi_assets.spapi.throttle import RatePlan


@dataclass(frozen=True)
class Operation:
    """One operation. `kind` "create" means that a lost call must not be repeated blindly: a second one makes a second thing.
    "repeat" may be sent again (reads, deletions, and creations that replace or refuse a twin). `scope` marks grantless ones."""

    name: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    plan: RatePlan
    kind: Literal["repeat", "create"] = "repeat"
    scope: str | None = None


_REPORTS = "/reports/2021-06-30"
GET_REPORTS = Operation("getReports", "GET", f"{_REPORTS}/reports", RatePlan(0.0222, 10))
CREATE_REPORT = Operation("createReport", "POST", f"{_REPORTS}/reports", RatePlan(0.0167, 15), "create")
GET_REPORT = Operation("getReport", "GET", f"{_REPORTS}/reports/{{reportId}}", RatePlan(2.0, 15))
CANCEL_REPORT = Operation("cancelReport", "DELETE", f"{_REPORTS}/reports/{{reportId}}", RatePlan(0.0222, 10))
GET_REPORT_SCHEDULES = Operation("getReportSchedules", "GET", f"{_REPORTS}/schedules", RatePlan(0.0222, 10))
# One schedule per report type and marketplaces: a repeated call replaces its twin.
CREATE_REPORT_SCHEDULE = Operation("createReportSchedule", "POST", f"{_REPORTS}/schedules", RatePlan(0.0222, 10))
GET_REPORT_SCHEDULE = Operation("getReportSchedule", "GET", f"{_REPORTS}/schedules/{{reportScheduleId}}", RatePlan(0.0222, 10))
CANCEL_REPORT_SCHEDULE = Operation(
    "cancelReportSchedule", "DELETE", f"{_REPORTS}/schedules/{{reportScheduleId}}", RatePlan(0.0222, 10)
)
GET_REPORT_DOCUMENT = Operation("getReportDocument", "GET", f"{_REPORTS}/documents/{{reportDocumentId}}", RatePlan(0.0167, 15))

_NOTIFICATIONS = "/notifications/v1"
_NOTIFICATIONS_PLAN = RatePlan(1.0, 5)
_SUBSCRIPTION = f"{_NOTIFICATIONS}/subscriptions/{{notificationType}}"
GET_DESTINATIONS = Operation(
    "getDestinations", "GET", f"{_NOTIFICATIONS}/destinations", _NOTIFICATIONS_PLAN, scope=NOTIFICATIONS_SCOPE
)
# A second destination or subscription of the same kind is refused with 409, so repeating is safe.
CREATE_DESTINATION = Operation(
    "createDestination", "POST", f"{_NOTIFICATIONS}/destinations", _NOTIFICATIONS_PLAN, scope=NOTIFICATIONS_SCOPE
)
GET_DESTINATION = Operation(
    "getDestination", "GET", f"{_NOTIFICATIONS}/destinations/{{destinationId}}", _NOTIFICATIONS_PLAN, scope=NOTIFICATIONS_SCOPE
)
DELETE_DESTINATION = Operation(
    "deleteDestination",
    "DELETE",
    f"{_NOTIFICATIONS}/destinations/{{destinationId}}",
    _NOTIFICATIONS_PLAN,
    scope=NOTIFICATIONS_SCOPE,
)
GET_SUBSCRIPTIONS = Operation("getSubscriptions", "GET", f"{_NOTIFICATIONS}/subscriptions", _NOTIFICATIONS_PLAN)
GET_SUBSCRIPTION = Operation("getSubscription", "GET", _SUBSCRIPTION, _NOTIFICATIONS_PLAN)
CREATE_SUBSCRIPTION = Operation("createSubscription", "POST", _SUBSCRIPTION, _NOTIFICATIONS_PLAN)
GET_SUBSCRIPTION_BY_ID = Operation(
    "getSubscriptionById", "GET", f"{_SUBSCRIPTION}/{{subscriptionId}}", _NOTIFICATIONS_PLAN, scope=NOTIFICATIONS_SCOPE
)
DELETE_SUBSCRIPTION_BY_ID = Operation(
    "deleteSubscriptionById", "DELETE", f"{_SUBSCRIPTION}/{{subscriptionId}}", _NOTIFICATIONS_PLAN, scope=NOTIFICATIONS_SCOPE
)
# Sandbox only; a second test notification does no harm.
SEND_TEST_NOTIFICATION = Operation(
    "sendTestNotification", "POST", f"{_SUBSCRIPTION}/testNotification", _NOTIFICATIONS_PLAN, scope=NOTIFICATIONS_SCOPE
)

# Every call makes a new secret and sends it to the application's queue.
ROTATE_CLIENT_SECRET = Operation(
    "rotateApplicationClientSecret",
    "POST",
    "/applications/2023-11-30/clientSecret",
    RatePlan(0.0167, 1),
    "create",
    scope=ROTATION_SCOPE,
)

GET_MARKETPLACE_PARTICIPATIONS = Operation(
    "getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations", RatePlan(0.016, 15)
)
GET_ACCOUNT = Operation("getAccount", "GET", "/sellers/v1/account", RatePlan(0.016, 15))

CREATE_RESTRICTED_DATA_TOKEN = Operation(
    "createRestrictedDataToken", "POST", "/tokens/2021-03-01/restrictedDataToken", RatePlan(1.0, 10)
)

_CATALOG = "/catalog/2022-04-01/items"
SEARCH_CATALOG_ITEMS = Operation("searchCatalogItems", "GET", _CATALOG, RatePlan(2.0, 2))
GET_CATALOG_ITEM = Operation("getCatalogItem", "GET", f"{_CATALOG}/{{asin}}", RatePlan(2.0, 2))

_LISTINGS = "/listings/2021-08-01/items/{sellerId}"
SEARCH_LISTINGS_ITEMS = Operation("searchListingsItems", "GET", _LISTINGS, RatePlan(5.0, 5))
GET_LISTINGS_ITEM = Operation("getListingsItem", "GET", f"{_LISTINGS}/{{sku}}", RatePlan(5.0, 10))

GET_INVENTORY_SUMMARIES = Operation("getInventorySummaries", "GET", "/fba/inventory/v1/summaries", RatePlan(2.0, 2))

_ORDERS = "/orders/2026-01-01/orders"
SEARCH_ORDERS = Operation("searchOrders", "GET", _ORDERS, RatePlan(0.0056, 20))
GET_ORDER = Operation("getOrder", "GET", f"{_ORDERS}/{{orderId}}", RatePlan(0.5, 30))
GET_ORDER_METRICS = Operation("getOrderMetrics", "GET", "/sales/v1/orderMetrics", RatePlan(0.5, 15))

_FINANCES, _FINANCES_PLAN = "/finances/2024-06-19", RatePlan(0.5, 10)
LIST_TRANSACTIONS = Operation("listTransactions", "GET", f"{_FINANCES}/transactions", _FINANCES_PLAN)
LIST_BALANCES = Operation("listBalances", "GET", f"{_FINANCES}/balances", _FINANCES_PLAN)
LIST_SUMMARY = Operation("listSummary", "GET", f"{_FINANCES}/summary", _FINANCES_PLAN)
_PAYOUTS = "/finances/transfers/2024-06-01/payouts"
LIST_PAYOUTS = Operation("listPayouts", "GET", _PAYOUTS, _FINANCES_PLAN)
LIST_EXPECTED_PAYOUTS = Operation("listExpectedPayouts", "GET", f"{_PAYOUTS}/expected", _FINANCES_PLAN)
# Amazon's model states no usage plan for invoices: this one is ours, a fifth of the other finance reads' rate and no burst,
# until the header of the first answer teaches the real rate.
_INVOICES, _INVOICES_PLAN = "/finances/invoices/2026-06-25/invoices", RatePlan(0.1, 1)
GET_INVOICE_HEADERS = Operation("getInvoiceHeaders", "GET", _INVOICES, _INVOICES_PLAN)
GET_INVOICE = Operation("getInvoice", "GET", f"{_INVOICES}/{{invoiceIdentifier}}", _INVOICES_PLAN)

_DATA_KIOSK = "/dataKiosk/2023-11-15"
GET_QUERIES = Operation("getQueries", "GET", f"{_DATA_KIOSK}/queries", RatePlan(0.0222, 10))
CREATE_QUERY = Operation("createQuery", "POST", f"{_DATA_KIOSK}/queries", RatePlan(0.0167, 15), "create")
GET_QUERY = Operation("getQuery", "GET", f"{_DATA_KIOSK}/queries/{{queryId}}", RatePlan(2.0, 15))
CANCEL_QUERY = Operation("cancelQuery", "DELETE", f"{_DATA_KIOSK}/queries/{{queryId}}", RatePlan(0.0222, 10))
# Amazon's operation is called getDocument; the report's document is getReportDocument.
GET_QUERY_DOCUMENT = Operation("getDocument", "GET", f"{_DATA_KIOSK}/documents/{{documentId}}", RatePlan(0.0167, 15))

_VENDOR_ORDERS, _VENDOR_SHIPPING, _VENDOR_PLAN = "/vendor/orders/v1", "/vendor/shipping/v1", RatePlan(10.0, 10)
GET_PURCHASE_ORDERS = Operation("getPurchaseOrders", "GET", f"{_VENDOR_ORDERS}/purchaseOrders", _VENDOR_PLAN)
GET_PURCHASE_ORDER = Operation(
    "getPurchaseOrder", "GET", f"{_VENDOR_ORDERS}/purchaseOrders/{{purchaseOrderNumber}}", _VENDOR_PLAN
)
GET_PURCHASE_ORDERS_STATUS = Operation("getPurchaseOrdersStatus", "GET", f"{_VENDOR_ORDERS}/purchaseOrdersStatus", _VENDOR_PLAN)
GET_SHIPMENT_DETAILS = Operation("GetShipmentDetails", "GET", f"{_VENDOR_SHIPPING}/shipments", _VENDOR_PLAN)
GET_SHIPMENT_LABELS = Operation("GetShipmentLabels", "GET", f"{_VENDOR_SHIPPING}/transportLabels", _VENDOR_PLAN)

# These are questions asked with POST: nothing is made, so a lost one may be asked again.
_PRICING, _PRICING_PLAN = "/batches/products/pricing/2022-05-01", RatePlan(0.033, 1)
GET_COMPETITIVE_SUMMARY = Operation("getCompetitiveSummary", "POST", f"{_PRICING}/items/competitiveSummary", _PRICING_PLAN)
GET_FEATURED_OFFER_EXPECTED_PRICE_BATCH = Operation(
    "getFeaturedOfferExpectedPriceBatch", "POST", f"{_PRICING}/offer/featuredOfferExpectedPrice", _PRICING_PLAN
)
GET_MY_FEES_ESTIMATES = Operation("getMyFeesEstimates", "POST", "/products/fees/v0/feesEstimate", RatePlan(0.5, 1))

ALL: tuple[Operation, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Operation))
BY_NAME: dict[str, Operation] = {operation.name: operation for operation in ALL}
