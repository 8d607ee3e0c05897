"""Reports on returns and feedback, by report type.
What a report holds is in the modules beside this one."""

from . import customer_returns, seller_feedback

RENDERERS = {
    "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA": customer_returns.amazon,
    "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE": customer_returns.merchant,
    "GET_CSV_MFN_PRIME_RETURNS_REPORT": customer_returns.prime,
    "GET_FLAT_FILE_MFN_SKU_RETURN_ATTRIBUTES_REPORT": customer_returns.attributes,
    "GET_SELLER_FEEDBACK_DATA": seller_feedback.render,
}
