"""The SP-API operations this client calls: method, path, usage plan and what a repeated call would do. Facts only.
Source: Amazon's swagger models (amzn/selling-partner-api-models), each operation's "Usage Plan" table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spapi_assets.spapi.auth import NOTIFICATIONS_SCOPE
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

GET_MARKETPLACE_PARTICIPATIONS = Operation(
    "getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations", RatePlan(0.016, 15)
)
GET_ACCOUNT = Operation("getAccount", "GET", "/sellers/v1/account", RatePlan(0.016, 15))

CREATE_RESTRICTED_DATA_TOKEN = Operation(
    "createRestrictedDataToken", "POST", "/tokens/2021-03-01/restrictedDataToken", RatePlan(1.0, 10)
)

ALL: tuple[Operation, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Operation))
BY_NAME: dict[str, Operation] = {operation.name: operation for operation in ALL}
