"""`python -m spapi_assets.review`: writes the business review of a DuckDB file to an HTML file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from spapi_assets.review.marts import ReviewError
from spapi_assets.review.report import write_review


@click.command()
@click.option(
    "--duckdb", "database", type=click.Path(path_type=Path), required=True, help="The file dbt built (SPAPI_DUCKDB_PATH)."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The HTML file to write.")
@click.option("--title", default="Business review", show_default=True)
def main(database: Path, out: Path, title: str) -> None:
    """One self-contained page: sales, profit, traffic, stock cover, settlements and what is missing, and why."""
    try:
        click.echo(write_review(database, out, title))
    except ReviewError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
