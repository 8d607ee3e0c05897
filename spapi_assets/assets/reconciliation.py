"""The asset checks `reconciliation_<comparison>` on marts/data_reconciliation: do two of Amazon's sources agree, and where not.
dbt compares (dbt_project/), `review/differences.py` words it; warehouses other than DuckDB have the dbt test `sources_agree`."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import dagster as dg

from spapi_assets.assets.warehouse import DBT_FOLDER, DBT_POOL
from spapi_assets.automation import after_coverage
from spapi_assets.settings import Settings

RECONCILIATION = dg.AssetKey(["marts", "data_reconciliation"])
ROWS = dg.AssetKey(["marts", "data_reconciliation_rows"])
PREFIX = "reconciliation_"


def reconciliation_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """One check a comparison, after each build, where there is a DuckDB file to read."""
    if settings.dbt_target != "local":
        return []
    comparisons = _comparisons()

    @dg.multi_asset_check(
        name="reconciliation",
        can_subset=True,
        pool=DBT_POOL,
        specs=[
            dg.AssetCheckSpec(
                PREFIX + name,
                asset=RECONCILIATION,
                additional_deps=[ROWS],
                description=f"{left[0].upper()}{left[1:]} = {right}, within named tolerances (docs/reconciliation.md).",
                automation_condition=after_coverage,
            )
            for name, (left, right) in comparisons.items()
        ],
    )
    def reconciliation(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        # A process of its own: DuckDB allows one configuration per file and process, and dbt may hold it open here.
        command = [sys.executable, "-m", "spapi_assets.review.reconciled", "--duckdb", str(settings.duckdb_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise dg.Failure(description=f"The comparisons could not be read: {done.stderr.strip()[-1500:]}")
        told = json.loads(done.stdout)
        for key in sorted(context.selected_asset_check_keys, key=lambda key: key.name):
            yield _result(key.name, told.get(key.name.removeprefix(PREFIX)))

    return [reconciliation]


def _comparisons() -> dict[str, tuple[str, str]]:
    """Name of a comparison -> its two sources, from the seed that dbt compares by."""
    with (DBT_FOLDER / "seeds" / "reconciliation_checks.csv").open(encoding="utf-8", newline="") as file:
        return {row["check_name"]: (row["left_source"], row["right_source"]) for row in csv.DictReader(file)}


def _result(name: str, told: dict[str, Any] | None) -> dg.AssetCheckResult:
    if told is None:
        told = {"agrees": True, "sentence": "No account has loaded a day of either source yet.", "counts": {}}
    tables = {title: told[title] for title in ("differences", "rows that differ", "left open, and why") if told.get(title)}
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=RECONCILIATION,
        passed=told["agrees"],
        severity=dg.AssetCheckSeverity.WARN,
        description=told["sentence"],
        metadata={
            **{f"comparisons {state.replace('_', ' ')}": number for state, number in told["counts"].items()},
            **{title: dg.MetadataValue.table([dg.TableRecord(row) for row in rows]) for title, rows in tables.items()},
        },
    )
