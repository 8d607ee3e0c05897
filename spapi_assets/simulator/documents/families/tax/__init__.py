"""Reports on VAT, GST and producer responsibility, by report type.
What a report holds is in the modules beside this one."""

from . import epr, gst, vat_invoices, vat_transactions

RENDERERS = {
    "GET_VAT_TRANSACTION_DATA": vat_transactions.render,
    "SC_VAT_TAX_REPORT": vat_invoices.calculations,
    "GET_FLAT_FILE_VAT_INVOICE_DATA_REPORT": vat_invoices.invoices,
    "GET_GST_MTR_B2B_CUSTOM": gst.business,
    "GET_GST_MTR_B2C_CUSTOM": gst.private,
    "GST_MTR_B2B": gst.business,
    "GST_MTR_B2C": gst.private,
    "GET_GST_STR_ADHOC": gst.transfers,
    "GST_MTR_STOCK_TRANSFER_REPORT": gst.transfers,
    "GET_EPR_MONTHLY_REPORTS": epr.render,
    "GET_EPR_QUARTERLY_REPORTS": epr.render,
    "GET_EPR_ANNUAL_REPORTS": epr.render,
}
