"""Which module answers which view of which data set."""

from __future__ import annotations

from spapi_assets.simulator.kiosk import economics, sales_and_traffic, vendor_analytics
from spapi_assets.simulator.kiosk.query import View
from spapi_assets.simulator.kiosk.schema import ECONOMICS, SALES_AND_TRAFFIC, VENDOR_ANALYTICS

VIEWS: dict[str, dict[str, View]] = {
    SALES_AND_TRAFFIC: {
        "salesAndTrafficByDate": sales_and_traffic.sales_and_traffic_by_date,
        "salesAndTrafficByAsin": sales_and_traffic.sales_and_traffic_by_asin,
        "salesAndTrafficTrends": sales_and_traffic.sales_and_traffic_trends,
    },
    ECONOMICS: {"economics": economics.economics},
    VENDOR_ANALYTICS: {
        "manufacturingView": vendor_analytics.manufacturing_view,
        "sourcingView": vendor_analytics.sourcing_view,
    },
}
