"""The Parquet schema of a dataset, the writer's options, and the zero-row schema files.
How rows get their types is `ingest/documents`; where the objects lie is `layout.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import Column, ColumnType, Dataset, Scope
from spapi_assets.lake.layout import Partition, partition_object
from spapi_assets.lake.pandas_later import leave_pandas_out
from spapi_assets.lake.store import Lake

leave_pandas_out()  # here, because everything that makes Arrow values for the lake imports this module

TIMESTAMP = pa.timestamp("us", tz="UTC")
LINEAGE = (
    pa.field("_report_id", pa.string(), metadata={"comment": "Amazon's report id"}),
    pa.field("_document_sha256", pa.string(), metadata={"comment": "SHA-256 of the archived bytes, hexadecimal"}),
    pa.field("_row", pa.int64(), metadata={"comment": "Data line of the flat file, or element of the JSON array; from 1"}),
    pa.field("_loaded_at", TIMESTAMP, metadata={"comment": "When this object was written"}),
)
SCHEMA_DAY = date(1970, 1, 1)
SCHEMA_KEY = "_schema"


def arrow_type(column: Column) -> pa.DataType:
    match column.type:
        case ColumnType.TEXT | ColumnType.JSON:
            return pa.string()
        case ColumnType.INTEGER:
            return pa.int64()
        case ColumnType.DECIMAL:
            return pa.decimal128(column.precision, column.scale)
        case ColumnType.BOOLEAN:
            return pa.bool_()
        case ColumnType.TIMESTAMP:
            return TIMESTAMP
        case ColumnType.DATE:
            return pa.date32()


def kept_columns(dataset: Dataset, pii_columns: Collection[str] = ()) -> tuple[Column, ...]:
    """Columns that reach the lake: all but personal data that the deployment did not name as `dataset.column`."""
    return tuple(c for c in dataset.columns if not c.pii or f"{dataset.name}.{c.name}" in pii_columns)


def parquet_schema(dataset: Dataset, *, pii_columns: Collection[str] = (), unknown: Iterable[str] = ()) -> pa.Schema:
    """Registry columns in their order, then columns the registry does not know (text), then lineage."""
    fields = [_field(c.name, arrow_type(c), c.description) for c in kept_columns(dataset, pii_columns)]
    fields += [pa.field(name, pa.string(), metadata={"comment": "Not in the registry: kept as it came"}) for name in unknown]
    return pa.schema([*fields, *LINEAGE], metadata={"dataset": dataset.name})


@lru_cache(maxsize=1 << 14)
def _field(name: str, type_: pa.DataType, comment: str) -> pa.Field:
    return pa.field(name, type_, metadata={"comment": comment})


def writer_options(
    schema: pa.Schema | None = None, *, dictionary: Collection[str] = (), few: Collection[str] = ()
) -> dict[str, Any]:
    """zstd 1: higher levels cost time and save nothing on these documents. With a schema: what is known of its columns."""
    options: dict[str, Any] = {"version": "2.6", "write_page_index": False}
    if schema is None:
        return options | {"compression": "zstd", "compression_level": 1}
    compressed = [name for name in schema.names if name not in few]
    return options | {
        "compression": {name: "none" if name in few else "zstd" for name in schema.names},
        "compression_level": dict.fromkeys(compressed, 1),
        "use_dictionary": list(dictionary),
        "write_statistics": _with_statistics(schema),
    }


def small_writer_options(schema: pa.Schema) -> dict[str, Any]:
    """For a few hundred rows: zstd would spend more on getting ready for each column than on the bytes."""
    return {"version": "2.6", "write_page_index": False, "compression": "snappy", "write_statistics": _with_statistics(schema)}


def _with_statistics(schema: pa.Schema) -> list[str]:
    """Smallest and largest text of an unsorted column filter nothing and cost a third of the writing."""
    return [f.name for f in schema if not (pa.types.is_string(f.type) or pa.types.is_dictionary(f.type))]


def write_empty(local: Path, schema: pa.Schema) -> int:
    """A file with the schema and no row: 'there was nothing', which is not 'it is missing'."""
    pq.write_table(schema.empty_table(), local, **writer_options())
    return local.stat().st_size


def schema_objects(lake: Lake, registry: Registry, *, pii_columns: Collection[str] = ()) -> dict[str, str]:
    """Writes each dataset's zero-row file, so that a dataset nobody loaded yet is an empty table. Returns name -> path."""
    paths: dict[str, str] = {}
    with lake.stage() as stage:
        for name, dataset in registry.datasets.items():
            by_marketplace = registry.source_of(name).scope is Scope.MARKETPLACE
            partition = Partition(SCHEMA_KEY, SCHEMA_KEY if by_marketplace else None, SCHEMA_DAY)
            paths[name] = partition_object(name, partition)
            write_empty(stage.file(paths[name]), parquet_schema(dataset, pii_columns=pii_columns))
        stage.publish()
    return paths
