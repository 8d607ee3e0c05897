"""The business review: one self-contained HTML page made from the marts in a DuckDB file.
Reads `marts.*` only; how they are built is dbt_project/, how the lake is filled is everything else."""

from spapi_assets.review.report import write_review

__all__ = ["write_review"]
