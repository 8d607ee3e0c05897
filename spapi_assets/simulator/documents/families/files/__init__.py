"""Reports that are no text: Excel workbooks, PDF files and ZIP archives, by report type.
What a report holds is in the modules beside this one."""

from . import bulk_invoices, easy_ship, fee_discounts

RENDERERS = {
    "FEE_DISCOUNTS_REPORT": fee_discounts.render,
    "GET_EASYSHIP_DOCUMENTS": easy_ship.render,
    "FBA_BULK_INVOICE": bulk_invoices.render,
}
