"""APIs read page by page: what a reading asks (`tasks`), one call (`call`), answers kept (`spool`), and the document they make.
`run` puts these together for the days that need it (`days`); orders that changed are planned in `ingest/order_reading.py`."""
