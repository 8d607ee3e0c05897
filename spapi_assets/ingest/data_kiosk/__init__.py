"""Data Kiosk in the flow of reports: queries built from the registry, their pages, and when one stands in for a report.
The client is `spapi/data_kiosk.py`, pages in the ledger are `aws/ledger_pages.py`."""
