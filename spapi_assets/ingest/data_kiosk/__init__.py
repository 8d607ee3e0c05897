"""Data Kiosk in the flow of reports: queries from the registry, pages, and when it stands in for a report."""
