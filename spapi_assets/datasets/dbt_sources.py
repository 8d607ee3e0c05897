"""The registry as dbt sources: one table a dataset, tied to its Dagster asset and to its place in the lake.
Text only; the models that read the sources are in `dbt_project/`, the prose for people is `documentation.py`."""

from __future__ import annotations

import re
from typing import Any

import yaml

from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import PARTITION_COLUMNS, Column, ColumnType, Dataset, Report, Scope, Source
from spapi_assets.datasets.platform_tables import ACCOUNT, PLATFORM_TABLES, PlatformTable

HEADER = """\
# Generated from the registry (spapi_assets/datasets/**/*.yaml) by `spapi docs`: change the YAML there, not this file.
# On DuckDB a source is read from the lake's folder; Athena and Redshift find the same table in the Glue database.
"""
# Some two hundred tables: libyaml writes them in a tenth of the time, where the wheel has it, and the same text.
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
LAKE = "{{ env_var('SPAPI_LAKE_URI', '../lake') }}"
GLUE_DATABASE = "{{ env_var('SPAPI_GLUE_DATABASE', 'spapi_raw') }}"

LINEAGE_COLUMNS = {
    "_report_id": ("varchar", "Amazon's id of the report the row came from; unique together with the account."),
    "_document_sha256": ("varchar", "SHA-256 of the document as Amazon delivered it: the key to the archived bytes."),
    "_row": ("bigint", "Position of the row in its document, counted from 1; with _report_id it identifies every row."),
    "_loaded_at": ("timestamp with time zone", "When the platform wrote the row, in UTC."),
}
PARTITION_DESCRIPTIONS = {
    "account": ACCOUNT,
    "marketplace": "Country code of the marketplace, e.g. DE.",
    "date": "The day the row belongs to: the partition.",
}


def sql_type(column: Column) -> str:
    """The type of a column as DuckDB names it."""
    if column.type is ColumnType.DECIMAL:
        return f"decimal({column.precision},{column.scale})"
    return {
        ColumnType.TEXT: "varchar",
        ColumnType.JSON: "varchar",
        ColumnType.INTEGER: "bigint",
        ColumnType.BOOLEAN: "boolean",
        ColumnType.TIMESTAMP: "timestamp with time zone",
        ColumnType.DATE: "date",
    }[column.type]


def partition_columns(report: Source) -> tuple[str, ...]:
    """Names of the partition columns of a report's datasets."""
    return tuple(name for name in PARTITION_COLUMNS if name != "marketplace" or report.scope is Scope.MARKETPLACE)


def dbt_sources(registry: Registry) -> str:
    """The text of `models/staging/_sources.yml`."""
    raw = {
        "name": "raw",
        "description": "Amazon's reports as typed Parquet, one table a dataset, nothing changed but names and types.",
        "schema": GLUE_DATABASE,
        "tables": [_dataset_table(report, dataset, is_modelled(report, registry)) for report, dataset in _datasets(registry)],
    }
    platform = {
        "name": "platform",
        "description": "What the platform knows about its own work.",
        "schema": GLUE_DATABASE,
        "tables": [_platform_table(table) for table in PLATFORM_TABLES],
    }
    content = {"version": 2, "sources": [raw, platform]}
    return HEADER + yaml.dump(content, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=130)


def _datasets(registry: Registry) -> list[tuple[Source, Dataset]]:
    return [(registry.source_of(name), dataset) for name, dataset in sorted(registry.datasets.items())]


def _dataset_table(report: Source, dataset: Dataset, modelled: bool) -> dict[str, Any]:
    """Columns only where models read them: the others' are in the data dictionary, and dbt would carry them through every run."""
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
    if not modelled:
        columns = []
        description += f" Columns: docs/data-dictionary/{report.family}.md."
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


def _platform_table(table: PlatformTable) -> dict[str, Any]:
    described = [{"name": c.name, "data_type": c.type, "description": c.description} for c in table.columns]
    location = f"read_parquet('{LAKE}/platform/{table.name}/data.parquet')"
    entry = _table(table.name, table.description, ["platform", table.name], location, described)
    # The name that Athena and Redshift look for; on DuckDB the location answers.
    return {"name": entry.pop("name"), "identifier": table.glue_name, **entry}


def _table(name: str, description: str, asset_key: list[str], location: str, columns: list[dict[str, Any]]) -> dict[str, Any]:
    # `template` lets the braces of hive_types stand: dbt-duckdb's default formatter would take them for placeholders.
    meta = {"dagster": {"asset_key": asset_key}, "external_location": location, "formatter": "template"}
    described = {"columns": columns} if columns else {}
    return {"name": name, "description": description, "config": {"meta": meta}, **described}


# Sources that dbt models read although an account must ask for them: without their tables the models fail.
MODELLED = frozenset({"ledger_summary"})


def is_modelled(source: Source, registry: Registry) -> bool:
    """Whether dbt models may read a source whoever takes it: on by default, a stand-in for such a report, or named above."""
    if source.default or source.name in MODELLED:
        return True
    if not isinstance(source, Report) or source.stands_in_for is None:
        return False
    stood_for = registry.reports.get(source.stands_in_for)
    return stood_for is not None and stood_for.default
