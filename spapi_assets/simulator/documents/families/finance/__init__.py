"""Settlements and other reports on money, by report type.
What a report holds is in the modules beside this one."""

from . import held_money, sales_tax, settlement, settlement_v1

RENDERERS = {
    "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2": settlement.render,
    "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE": settlement_v1.render,
    "GET_DATE_RANGE_FINANCIAL_HOLDS_DATA": held_money.render,
    "GET_FLAT_FILE_SALES_TAX_DATA": sales_tax.render,
}
