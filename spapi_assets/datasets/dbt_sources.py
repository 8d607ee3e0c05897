"""The registry as dbt sources: one table a dataset, tied to its Dagster asset and to its place in the lake.
Text only; the models that read the sources are in `dbt_project/`, the prose for people is `documentation.py`."""

from __future__ import annotations

import re
from typing import Any

import yaml

from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import PARTITION_COLUMNS, Column, ColumnType, Dataset, Report, Scope

HEADER = """\
# Generated from the registry (spapi_assets/datasets/**/*.yaml) by `spapi docs`: change the YAML there, not this file.
# On DuckDB a source is read from the lake's folder; Athena and Redshift find the same table in the Glue database.
"""
LAKE = "{{ env_var('SPAPI_LAKE_URI', '../lake') }}"
GLUE_DATABASE = "{{ env_var('SPAPI_GLUE_DATABASE', 'spapi_raw') }}"

LINEAGE_COLUMNS = {
    "_report_id": ("varchar", "Amazon's id of the report the row came from; unique together with the account."),
    "_document_sha256": ("varchar", "SHA-256 of the document as Amazon delivered it: the key to the archived bytes."),
    "_row": ("bigint", "Position of the row in its document, counted from 1; with _report_id it identifies every row."),
    "_loaded_at": ("timestamp with time zone", "When the platform wrote the row, in UTC."),
}
PARTITION_DESCRIPTIONS = {
    "account": "Name of the account in the accounts file: one seller account in one region, or one vendor group.",
    "marketplace": "Country code of the marketplace, e.g. DE.",
    "date": "The day the row belongs to: the partition.",
}
# Tables the platform keeps about itself; their columns are those of the assets that write them.
PLATFORM_TABLES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "coverage": (
        "What the lake knows about every partition: one row per dataset, account, marketplace and day.",
        {
            "dataset": ("varchar", "Name of the dataset."),
            "report": ("varchar", "Name of the report that feeds the dataset."),
            "account": ("varchar", PARTITION_DESCRIPTIONS["account"]),
            "marketplace": ("varchar", "Country code; null for datasets that cover the whole account."),
            "date": ("date", "The day."),
            "state": ("varchar", "Truth state: not_due, requested, not_published, provisional, final, empty_confirmed, ..."),
            "rows": ("bigint", "Rows in the partition; null while nothing is loaded."),
            "report_id": ("varchar", "Amazon's id of the report loaded last."),
            "last_loaded_at": ("timestamp with time zone", "When the partition was last written, in UTC."),
            "reason": ("varchar", "Why the partition is in this state, as a sentence."),
            "next_action": ("varchar", "What happens next, or what to do, as a sentence."),
            "next_at": ("timestamp with time zone", "When it happens, in UTC; null when nothing is planned."),
        },
    ),
    "reports": (
        "The report ledger: one row per request made, or report adopted.",
        {
            "account": ("varchar", PARTITION_DESCRIPTIONS["account"]),
            "request_id": ("varchar", "The platform's own id of the request."),
            "report": ("varchar", "Name of the report in the registry."),
            "report_type": ("varchar", "Amazon's report type."),
            "marketplace": ("varchar", "Country code; null for reports that cover the whole account."),
            "status": ("varchar", "PLANNED, CREATING, IN_QUEUE, IN_PROGRESS, DONE, CANCELLED or FATAL."),
            "report_id": ("varchar", "Amazon's id of the report; null before it was created."),
        },
    ),
}


def sql_type(column: Column) -> str:
    """The type of a column as DuckDB names it."""
    if column.type is ColumnType.DECIMAL:
        return f"decimal({column.precision},{column.scale})"
    return {
        ColumnType.TEXT: "varchar",
        ColumnType.INTEGER: "bigint",
        ColumnType.BOOLEAN: "boolean",
        ColumnType.TIMESTAMP: "timestamp with time zone",
        ColumnType.DATE: "date",
    }[column.type]


def partition_columns(report: Report) -> tuple[str, ...]:
    """Names of the partition columns of a report's datasets."""
    return tuple(name for name in PARTITION_COLUMNS if name != "marketplace" or report.scope is Scope.MARKETPLACE)


def dbt_sources(registry: Registry) -> str:
    """The text of `models/staging/_sources.yml`."""
    raw = {
        "name": "raw",
        "description": "Amazon's reports as typed Parquet, one table a dataset, nothing changed but names and types.",
        "schema": GLUE_DATABASE,
        "tables": [_dataset_table(report, dataset) for report, dataset in _datasets(registry)],
    }
    platform = {
        "name": "platform",
        "description": "What the platform knows about its own work.",
        "schema": GLUE_DATABASE,
        "tables": [_platform_table(name, text, columns) for name, (text, columns) in PLATFORM_TABLES.items()],
    }
    content = {"version": 2, "sources": [raw, platform]}
    return HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=130)


def _datasets(registry: Registry) -> list[tuple[Report, Dataset]]:
    return [(registry.report_of(name), dataset) for name, dataset in sorted(registry.datasets.items())]


def _dataset_table(report: Report, dataset: Dataset) -> dict[str, Any]:
    names = partition_columns(report)
    types = {name: "date" if name == "date" else "varchar" for name in names}
    # Spelt out, because DuckDB would guess: an account named 0042 would become a number.
    hive_types = ", ".join(f"'{name}': {sql.upper()}" for name, sql in types.items())
    location = (
        f"read_parquet('{LAKE}/raw/{dataset.name}/**/*.parquet', "
        f"hive_partitioning=true, hive_types={{{hive_types}}}, union_by_name=true)"
    )
    columns = [
        *({"name": n, "data_type": types[n], "description": PARTITION_DESCRIPTIONS[n]} for n in names),
        *(_column(column) for column in dataset.columns),
        *({"name": n, "data_type": sql, "description": text} for n, (sql, text) in LINEAGE_COLUMNS.items()),
    ]
    description = _plain(f"{dataset.description.strip()} Grain: {dataset.grain}.")
    return _table(dataset.name, description, ["raw", dataset.name], location, columns)


def _column(column: Column) -> dict[str, Any]:
    text = _plain(column.description)
    if column.unit and column.unit.lower() not in text.lower():
        text = f"{text.rstrip('.')}. Unit: {_plain(column.unit)}."
    entry: dict[str, Any] = {"name": column.name, "data_type": sql_type(column), "description": text}
    if column.pii:
        entry["description"] += " Dropped unless SPAPI_PII_COLUMNS names it."
        entry["config"] = {"meta": {"pii": True}}
    return entry


def _plain(text: str) -> str:
    """On one line, and nothing that dbt would take for a template."""
    return re.sub(r"\{(?=[{%#])", "{ ", " ".join(text.split()))


def _platform_table(name: str, text: str, columns: dict[str, tuple[str, str]]) -> dict[str, Any]:
    described = [{"name": n, "data_type": sql, "description": note} for n, (sql, note) in columns.items()]
    return _table(name, text, ["platform", name], f"read_parquet('{LAKE}/platform/{name}/data.parquet')", described)


def _table(name: str, description: str, asset_key: list[str], location: str, columns: list[dict[str, Any]]) -> dict[str, Any]:
    # `template` lets the braces of hive_types stand: dbt-duckdb's default formatter would take them for placeholders.
    meta = {"dagster": {"asset_key": asset_key}, "external_location": location, "formatter": "template"}
    return {"name": name, "description": description, "config": {"meta": meta}, "columns": columns}
