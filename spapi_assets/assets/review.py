"""`review/business_review`: the marts as one self-contained HTML page, rebuilt after them.
Only for the local target, whose warehouse is a DuckDB file; the page itself is `spapi_assets/review/`."""

import subprocess
import sys
from pathlib import Path

import dagster as dg

from spapi_assets.automation import after_coverage
from spapi_assets.settings import Settings

REVIEW = dg.AssetKey(["review", "business_review"])
_MARTS = (
    "dim_product",
    "fct_order_lines",
    "fct_sales_traffic_daily",
    "fct_inventory_daily",
    "fct_settlement_lines",
    "fct_settlements",
    "fct_marketplace_daily",
    "fct_vendor_sales_daily",
    "sku_profit_weekly",
    "data_coverage",
    "data_reconciliation",
    "data_reconciliation_rows",
)


def review_asset(settings: Settings) -> list[dg.AssetsDefinition]:
    """The review, where there is a DuckDB file to read."""
    if settings.dbt_target != "local":
        return []

    @dg.asset(
        key=REVIEW,
        deps=[dg.AssetKey(["marts", mart]) for mart in _MARTS],
        group_name="review",
        kinds={"html", "duckdb"},
        owners=["team:data-platform"],
        pool="dbt",
        automation_condition=after_coverage,
        description="Sales, profit, traffic, stock cover, vendor sales and data coverage on one page that opens offline.",
    )
    def business_review(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        target = review_path(settings)
        target.parent.mkdir(parents=True, exist_ok=True)
        # A process of its own: DuckDB allows one configuration per file and process, and dbt may hold it open here.
        command = [sys.executable, "-m", "spapi_assets.review", "--duckdb", str(settings.duckdb_path), "--out", str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise dg.Failure(description=f"The business review could not be written: {done.stderr.strip()[-1500:]}")
        return dg.MaterializeResult(
            metadata={"page": dg.MetadataValue.url(target.as_uri()), "bytes": target.stat().st_size, "uri": str(target)}
        )

    return [business_review]


def review_path(settings: Settings) -> Path:
    """Beside a folder lake, or in the working folder for a lake on S3."""
    root = Path("review") if "://" in settings.lake_uri else Path(settings.lake_uri) / "review"
    return (root / "business_review.html").resolve()
