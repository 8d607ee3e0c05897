"""Vendor retail analytics, by report type; only vendor groups may have them.
What a report holds is in the modules beside this one."""

from . import forecasting, inventory, margin, real_time, sales, traffic

KIND = "vendor"
RENDERERS = {
    "GET_VENDOR_SALES_REPORT": sales.render,
    "GET_VENDOR_INVENTORY_REPORT": inventory.render,
    "GET_VENDOR_TRAFFIC_REPORT": traffic.render,
    "GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT": margin.render,
    "GET_VENDOR_FORECASTING_REPORT": forecasting.render,
    "GET_VENDOR_REAL_TIME_SALES_REPORT": real_time.sales,
    "GET_VENDOR_REAL_TIME_TRAFFIC_REPORT": real_time.traffic,
    "GET_VENDOR_REAL_TIME_INVENTORY_REPORT": real_time.inventory,
}
