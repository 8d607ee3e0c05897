"""Writes a lake by hand: typed Parquet partitions from plain dictionaries, through the registry's columns.
What is in it is each test's business; how real documents become Parquet is tested elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spapi_assets.datasets import platform_tables
from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import Column, ColumnType, Scope
from spapi_assets.lake.layout import Partition, partition_object, platform_object

LOADED_AT = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
_TYPES = {
    ColumnType.TEXT: pa.string(),
    ColumnType.JSON: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.DATE: pa.date32(),
}
_LINEAGE = pa.schema(
    [
        ("_report_id", pa.string()),
        ("_document_sha256", pa.string()),
        ("_row", pa.int64()),
        ("_loaded_at", pa.timestamp("us", tz="UTC")),
    ]
)
_PLATFORM_TYPES = {
    platform_tables.TEXT: pa.string(),
    platform_tables.COUNT: pa.int64(),
    platform_tables.DAY: pa.date32(),
    platform_tables.INSTANT: pa.timestamp("us", tz="UTC"),
    platform_tables.TEXTS: pa.map_(pa.string(), pa.string()),
    platform_tables.COUNTS: pa.map_(pa.string(), pa.int64()),
    platform_tables.FLAG: pa.bool_(),
}


def _platform(table: platform_tables.PlatformTable) -> pa.Schema:
    return pa.schema([(c.name, _PLATFORM_TYPES[c.type]) for c in table.columns])


def _type(column: Column) -> pa.DataType:
    return pa.decimal128(column.precision, column.scale) if column.type is ColumnType.DECIMAL else _TYPES[column.type]


def schema_of(dataset: str) -> pa.Schema:
    columns = load_registry().datasets[dataset].columns
    return pa.schema([*((c.name, _type(c)) for c in columns if not c.pii), *_LINEAGE])


def money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.0001"))


class HandmadeLake:
    """A lake's folder. `write` makes one partition; `finish` adds the zero-row files that make absent datasets empty tables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _write(self, path: str, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        prepared = []
        for row in rows:
            unknown = set(row) - set(schema.names)
            assert not unknown, f"{path}: no such columns {unknown}"
            prepared.append(
                {
                    f.name: money(row[f.name]) if pa.types.is_decimal(f.type) and row.get(f.name) is not None else row.get(f.name)
                    for f in schema
                }
            )
        pq.write_table(pa.Table.from_pylist(prepared, schema=schema), target)

    def write(
        self,
        dataset: str,
        account: str,
        marketplace: str | None,
        day: date,
        rows: list[dict[str, Any]],
        *,
        report_id: str = "R1",
        part: str = "data",
        loaded_at: datetime = LOADED_AT,
    ) -> None:
        lineage = {"_report_id": report_id, "_document_sha256": f"sha-{report_id}", "_loaded_at": loaded_at}
        numbered = [lineage | {"_row": n} | row for n, row in enumerate(rows, start=1)]
        self._write(partition_object(dataset, Partition(account, marketplace, day), part), numbered, schema_of(dataset))

    def finish(
        self,
        coverage: Iterable[Mapping[str, Any]] = (),
        restatements: Iterable[Mapping[str, Any]] = (),
        reports: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        registry = load_registry()
        for name in registry.datasets:
            scope = registry.source_of(name).scope
            marketplace = "_schema" if scope is Scope.MARKETPLACE else None
            self._write(partition_object(name, Partition("_schema", marketplace, date(1970, 1, 1))), [], schema_of(name))
        days = [{"period": "day", "period_end": row["date"], **row} for row in coverage]
        self._write(platform_object("coverage"), days, _platform(platform_tables.COVERAGE))
        self._write(platform_object("restatements"), restatements, _platform(platform_tables.RESTATEMENTS))
        self._write(platform_object("reports"), reports, _platform(platform_tables.REPORTS))
