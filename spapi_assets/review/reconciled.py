"""`python -m spapi_assets.review.reconciled`: what every comparison of Amazon's sources says, as JSON for Dagster's checks.
The words are `differences.py`; people read the review."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from spapi_assets.review.differences import Agreement, agreements, amount, what
from spapi_assets.review.marts import Marts, ReviewError

MOST = 50  # rows of each table


def as_tables(agreement: Agreement) -> dict[str, Any]:
    """A check's sentence, counts, differences, the rows behind them and the days left open, ready for a table."""
    return {
        "agrees": agreement.agrees,
        "sentence": agreement.sentence,
        "counts": dict(agreement.counts),
        "differences": [_difference(d) for d in agreement.differences[:MOST]],
        "rows that differ": [_row(r) for d in agreement.differences for r in d["rows"]][:MOST],
        "left open, and why": [
            {"comparisons": r["number"], "first": str(r["first"]), "last": str(r["last"]), "reason": r["reason"]}
            for r in agreement.open_because[:MOST]
        ],
    }


def _difference(d: Mapping[str, Any]) -> dict[str, Any]:
    return _place(d) | {
        d["left_source"]: amount(d, d["left_value"]),
        d["right_source"]: amount(d, d["right_value"]),
        "difference": amount(d, d["difference"]),
        f"{d['subject']}s that differ": d["rows_different"],
        f"{d['subject']}s compared": d["rows_compared"],
        "tolerance": f"{d['tolerance_name']}: {amount(d, d['tolerance'])}",
    }


def _row(r: Mapping[str, Any]) -> dict[str, Any]:
    return _place(r) | {
        r["subject"]: r["row_key"],
        r["left_source"]: amount(r, r["left_value"]),
        r["right_source"]: amount(r, r["right_value"]),
        "difference": amount(r, r["difference"]),
        "missing in": r["lacking_source"] or "",
        "said there": " / ".join(str(text) for text in (r["left_text"], r["right_text"]) if text),
    }


def _place(r: Mapping[str, Any]) -> dict[str, Any]:
    return {"account": r["account"], "store": r["marketplace"], "day": str(r["date"]), "measure": what(r)}


@click.command()
@click.option(
    "--duckdb", "database", type=click.Path(path_type=Path), required=True, help="The file dbt built (SPAPI_DUCKDB_PATH)."
)
def main(database: Path) -> None:
    """Print every comparison of Amazon's sources as JSON."""
    try:
        with Marts(database) as marts:
            click.echo(json.dumps({name: as_tables(found) for name, found in agreements(marts).items()}))
    except ReviewError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
