"""Dagster resources: the account's APIs, the ledger, the lake and the registry held together."""
