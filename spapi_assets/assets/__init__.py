"""Thin Dagster shells around the planners: request assets, raw assets, coverage, dbt."""
