"""What Amazon allows for a report type: cool-down, RDT, whether it can be requested at all, who may ask, caching.
Facts only (SP-API documentation, report type values); what is in a report belongs to the renderer."""

from __future__ import annotations

from datetime import timedelta

_NEAR_REAL_TIME = timedelta(minutes=30)
_DAILY = timedelta(hours=4)
_ONCE_A_DAY = timedelta(hours=24)

# The shortest time between two generations for one seller and marketplace, whoever asked; earlier requests end CANCELLED.
COOL_DOWNS: dict[str, timedelta] = {
    **dict.fromkeys(
        (
            "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
            "GET_FBA_MYI_ALL_INVENTORY_DATA",
            "GET_AFN_INVENTORY_DATA",
            "GET_AFN_INVENTORY_DATA_BY_COUNTRY",
            "GET_RESERVED_INVENTORY_DATA",
            "GET_STRANDED_INVENTORY_UI_DATA",
            "GET_STRANDED_INVENTORY_LOADER_DATA",
            "GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT",
            "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA",
            "GET_FBA_FULFILLMENT_REMOVAL_ORDER_DETAIL_DATA",
            "GET_FBA_FULFILLMENT_REMOVAL_SHIPMENT_DETAIL_DATA",
        ),
        _NEAR_REAL_TIME,
    ),
    **dict.fromkeys(
        (
            "GET_LEDGER_SUMMARY_VIEW_DATA",
            "GET_LEDGER_DETAIL_VIEW_DATA",
            "GET_FBA_INVENTORY_PLANNING_DATA",
            "GET_FBA_REIMBURSEMENTS_DATA",
            "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
            "GET_FBA_RECOMMENDED_REMOVAL_DATA",
            "GET_FBA_FULFILLMENT_INBOUND_NONCOMPLIANCE_DATA",
        ),
        _DAILY,
    ),
    **dict.fromkeys(
        ("GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA", "GET_REFERRAL_FEE_PREVIEW_REPORT", "FEE_DISCOUNTS_REPORT"), _ONCE_A_DAY
    ),
}

# Made by Amazon or in Seller Central; createReport answers the misleading 429 QuotaExceeded, getReports finds them.
LISTED_ONLY = frozenset(
    {
        "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE",
        "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        "GET_V2_SETTLEMENT_REPORT_DATA_XML",
        "GET_DATE_RANGE_FINANCIAL_HOLDS_DATA",
        "GET_FLAT_FILE_SALES_TAX_DATA",
    }
)

# getReportDocument needs a restricted data token that names the document.
RESTRICTED = frozenset(
    {
        "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING",
        "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX",
        "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
        "GET_ORDER_REPORT_DATA_INVOICING",
        "GET_ORDER_REPORT_DATA_TAX",
        "GET_ORDER_REPORT_DATA_SHIPPING",
        "GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING",
        "GET_FLAT_FILE_ORDER_REPORT_DATA_TAX",
        "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING",
        "GET_EASYSHIP_DOCUMENTS",
        "GET_GST_MTR_B2B_CUSTOM",
        "SC_VAT_TAX_REPORT",
        "GET_VAT_TRANSACTION_DATA",
    }
)

# Listings reports are kept for 1 to 6 hours, and not per locale: a second request within the hour gets the same content.
CACHED: dict[str, timedelta] = dict.fromkeys(
    (
        "GET_MERCHANT_LISTINGS_ALL_DATA",
        "GET_MERCHANT_LISTINGS_DATA",
        "GET_MERCHANT_LISTINGS_INACTIVE_DATA",
        "GET_MERCHANT_CANCELLED_LISTINGS_DATA",
        "GET_FLAT_FILE_OPEN_LISTINGS_DATA",
        "GET_MERCHANTS_LISTINGS_FYP_REPORT",
    ),
    timedelta(hours=1),
)


def for_kind(report_type: str, kind: str) -> bool:
    """Whether a seller or vendor may ask for this type at all (otherwise 403)."""
    return report_type.startswith("GET_VENDOR_") == (kind == "vendor")
