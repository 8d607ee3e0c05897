"""Which handler answers which operation."""

from __future__ import annotations

from spapi_assets.simulator.api import finances, notifications, orders, reports, schedules, sellers, tokens, transfers
from spapi_assets.simulator.api.call import Handler

HANDLERS: dict[str, Handler] = {
    "getReports": reports.get_reports,
    "createReport": reports.create_report,
    "getReport": reports.get_report,
    "cancelReport": reports.cancel_report,
    "getReportDocument": reports.get_report_document,
    "getReportSchedules": schedules.get_schedules,
    "createReportSchedule": schedules.create_schedule,
    "getReportSchedule": schedules.get_schedule,
    "cancelReportSchedule": schedules.cancel_schedule,
    "createRestrictedDataToken": tokens.create_restricted_data_token,
    "getMarketplaceParticipations": sellers.get_marketplace_participations,
    "getAccount": sellers.get_account,
    "getDestinations": notifications.get_destinations,
    "createDestination": notifications.create_destination,
    "getDestination": notifications.get_destination,
    "deleteDestination": notifications.delete_destination,
    "getSubscriptions": notifications.get_subscriptions,
    "getSubscription": notifications.get_subscription,
    "createSubscription": notifications.create_subscription,
    "getSubscriptionById": notifications.get_subscription_by_id,
    "deleteSubscriptionById": notifications.delete_subscription_by_id,
    "searchOrders": orders.search_orders,
    "getOrder": orders.get_order,
    "listTransactions": finances.list_transactions,
    "listBalances": finances.list_balances,
    "listSummary": finances.list_summary,
    "listPayouts": transfers.list_payouts,
    "listExpectedPayouts": transfers.list_expected_payouts,
}
