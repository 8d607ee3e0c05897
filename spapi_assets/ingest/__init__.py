"""Partitions to windows, windows to requests, requests to documents, documents to typed Parquet. No Dagster."""
