"""From a document's bytes to typed, day-split Parquet: inflate, charset, rows, types, quarantine, partitions.
Asking Amazon for documents and remembering what was asked is the rest of `ingest/`."""
