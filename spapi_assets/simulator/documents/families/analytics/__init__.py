"""Sellers' analytics, by report type.
What a report holds is in the modules beside this one."""

from . import sales_and_traffic

RENDERERS = {"GET_SALES_AND_TRAFFIC_REPORT": sales_and_traffic.render}
