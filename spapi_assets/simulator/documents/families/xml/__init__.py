"""Reports that are XML, by report type.
What a report holds is in the modules beside this one."""

from . import all_orders, browse_tree, order_reports, performance, returns, settlement, vat_invoices

RENDERERS = {
    all_orders.BY_LAST_UPDATE: all_orders.render,
    all_orders.BY_ORDER_DATE: all_orders.render,
    "GET_ORDER_REPORT_DATA_SHIPPING": order_reports.render,
    "GET_ORDER_REPORT_DATA_INVOICING": order_reports.render,
    "GET_ORDER_REPORT_DATA_TAX": order_reports.render,
    "GET_PENDING_ORDERS_DATA": order_reports.pending,
    "GET_XML_RETURNS_DATA_BY_RETURN_DATE": returns.render,
    "GET_XML_MFN_PRIME_RETURNS_REPORT": returns.prime,
    "GET_XML_MFN_SKU_RETURN_ATTRIBUTES_REPORT": returns.attributes,
    "GET_XML_BROWSE_TREE_DATA": browse_tree.render,
    "GET_V2_SETTLEMENT_REPORT_DATA_XML": settlement.render,
    "GET_XML_VAT_INVOICE_DATA_REPORT": vat_invoices.render,
    "GET_V1_SELLER_PERFORMANCE_REPORT": performance.version_1,
    "GET_V2_SELLER_PERFORMANCE_REPORT": performance.version_2,
}
