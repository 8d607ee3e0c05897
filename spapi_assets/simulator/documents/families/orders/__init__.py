"""Reports on orders and shipments, by report type.
What a report holds is in the modules beside this one."""

from . import all_orders, easy_ship, fulfilled, merchant

RENDERERS = {
    all_orders.BY_LAST_UPDATE: all_orders.render,
    all_orders.BY_ORDER_DATE: all_orders.render,
    "GET_FLAT_FILE_ARCHIVED_ORDERS_DATA_BY_ORDER_DATE": all_orders.archived,
    "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL": fulfilled.general,
    "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING": fulfilled.invoicing,
    "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX": fulfilled.tax,
    "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING": merchant.actionable,
    "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING": merchant.order_report,
    "GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING": merchant.order_report,
    "GET_FLAT_FILE_ORDER_REPORT_DATA_TAX": merchant.order_report,
    "GET_FLAT_FILE_PENDING_ORDERS_DATA": merchant.pending,
    "GET_CONVERGED_FLAT_FILE_PENDING_ORDERS_DATA": merchant.pending,
    "GET_EASYSHIP_PICKEDUP": easy_ship.picked_up,
    "GET_EASYSHIP_WAITING_FOR_PICKUP": easy_ship.waiting,
}
