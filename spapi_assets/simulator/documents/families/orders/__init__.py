"""Reports on orders and shipments, by report type.
What a report holds is in the modules beside this one."""

from . import all_orders

RENDERERS = {all_orders.BY_LAST_UPDATE: all_orders.render, all_orders.BY_ORDER_DATE: all_orders.render}
