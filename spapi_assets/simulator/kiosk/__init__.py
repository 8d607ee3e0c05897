"""Data Kiosk's queries of the simulated business: the schemas, what a query gives, and the life of each query.
HTTP is in api/data_kiosk.py."""
