"""Settlements and other reports on money, by report type.
What a report holds is in the modules beside this one."""

from . import settlement

RENDERERS = {"GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2": settlement.render}
