"""Reports on stock, shipments and fees of Fulfilment by Amazon, by report type.
What a report holds is in the modules beside this one."""

from . import fees, myi_inventory, planning, removals, shipments, stock, stranded, warehouse_ledger

RENDERERS = {
    "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA": myi_inventory.render,
    "GET_FBA_MYI_ALL_INVENTORY_DATA": stock.all_inventory,
    "GET_AFN_INVENTORY_DATA": stock.amazon_fulfilled,
    "GET_AFN_INVENTORY_DATA_BY_COUNTRY": stock.by_country,
    "GET_RESERVED_INVENTORY_DATA": stock.reserved,
    "GET_LEDGER_SUMMARY_VIEW_DATA": warehouse_ledger.summary,
    "GET_LEDGER_DETAIL_VIEW_DATA": warehouse_ledger.detail,
    "GET_FBA_INVENTORY_PLANNING_DATA": planning.planning,
    "GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT": planning.restock,
    "GET_STRANDED_INVENTORY_UI_DATA": stranded.ui,
    "GET_STRANDED_INVENTORY_LOADER_DATA": stranded.loader,
    "GET_FBA_RECOMMENDED_REMOVAL_DATA": stranded.recommended,
    "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA": shipments.sales,
    "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_PROMOTION_DATA": shipments.promotions,
    "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA": shipments.replaced,
    "GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA": fees.preview,
    "GET_FBA_STORAGE_FEE_CHARGES_DATA": fees.storage,
    "GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA": fees.aged,
    "GET_FBA_OVERAGE_FEE_CHARGES_DATA": fees.overage,
    "GET_FBA_REIMBURSEMENTS_DATA": removals.reimbursements,
    "GET_FBA_FULFILLMENT_REMOVAL_ORDER_DETAIL_DATA": removals.orders,
    "GET_FBA_FULFILLMENT_REMOVAL_SHIPMENT_DETAIL_DATA": removals.shipments,
    "GET_FBA_FULFILLMENT_INBOUND_NONCOMPLIANCE_DATA": removals.noncompliance,
}
