"""APIs read page by page: what a reading asks (`tasks`), one call (`call`), answers kept (`spool`), and the document they make.
`run` puts these together; which days need a reading is `ingest/truth.py`, as for reports."""
