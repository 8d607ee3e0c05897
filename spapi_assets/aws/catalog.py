"""The Glue data catalog: one external Parquet table a dataset, its partitions, and the platform's own, for Athena and Spectrum.
Schemas come from the registry; nothing is read from the files. A folder lake gets file:// locations, for a true local catalog."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from spapi_assets.datasets.model import Column, ColumnType, Dataset, Scope, Source
from spapi_assets.datasets.platform_tables import PlatformTable

if TYPE_CHECKING:
    from datetime import date

    from spapi_assets.aws.clients import AwsClients
    from spapi_assets.datasets.loader import Registry

BATCH = 100  # Glue's limit for BatchCreatePartition and BatchUpdatePartition
LINEAGE = (
    ("_report_id", "string", "Amazon's report id"),
    ("_document_sha256", "string", "SHA-256 of the archived bytes, hexadecimal"),
    ("_row", "bigint", "Data line of the flat file, or element of the JSON array; from 1"),
    ("_loaded_at", "timestamp", "When this object was written"),
)
_SIMPLE = {
    ColumnType.TEXT: "string",
    ColumnType.JSON: "string",
    ColumnType.INTEGER: "bigint",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "timestamp",
    ColumnType.DATE: "date",
}
_COMMENT = 255  # Glue's limit


class PartitionLike(Protocol):
    @property
    def account(self) -> str: ...
    @property
    def marketplace(self) -> str | None: ...
    @property
    def day(self) -> date: ...


class CatalogError(RuntimeError):
    """Glue refused partitions or a table; the message says which and why."""


def hive_type(column: Column) -> str:
    """Athena's name of a registry type."""
    if column.type is ColumnType.DECIMAL:
        return f"decimal({column.precision},{column.scale})"
    return _SIMPLE[column.type]


class Catalog:
    """Tables and partitions of one Glue database. `uri` gives a lake path's address."""

    def __init__(self, clients: AwsClients, database: str, uri: Callable[[str], str], pii_columns: Collection[str] = ()) -> None:
        self._clients, self.database, self._uri, self._pii = clients, database, uri, frozenset(pii_columns)
        self._tables: dict[str, str] = {}
        self._known: set[tuple[str, tuple[str, ...]]] = set()
        self._lock = threading.Lock()

    def location(self, path: str) -> str:
        """A lake path as Glue writes it: s3://... or file:///..."""
        uri = self._uri(path)
        return uri if "://" in uri else f"file://{uri}"

    def register(self, report: Source, dataset: Dataset, partitions: Iterable[PartitionLike]) -> int:
        """Make the table as the registry has it now, and its partitions known. Returns how many were new. Repeatable."""
        self.ensure_table(report, dataset)
        by_values = {_values(p): p for p in partitions}
        wanted = [v for v in by_values if (dataset.name, v) not in self._known]
        added = 0
        for batch in _batches(wanted):
            added += self._create(dataset, batch)
            self._known.update((dataset.name, v) for v in batch)
        return added

    def ensure_tables(self, registry: Registry) -> None:
        """Every dataset's table, without partitions: what nobody loaded yet is empty to Athena and Spectrum, not an error."""
        for name, dataset in registry.datasets.items():
            self.ensure_table(registry.source_of(name), dataset)

    def ensure_table(self, report: Source, dataset: Dataset) -> None:
        """Create or update the table. Done once per process and shape."""
        self._ensure(self.table_input(report, dataset))

    def register_platform_table(self, table: PlatformTable) -> None:
        """The same for a table of the platform's own, which lies in `platform/<name>/` and has no partitions."""
        columns = [{"Name": c.name, "Type": c.hive_type, "Comment": c.description[:_COMMENT]} for c in table.columns]
        self._ensure(
            {
                "Name": table.glue_name,
                "Description": table.description,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
                "PartitionKeys": [],
                "StorageDescriptor": self._parquet(columns, f"platform/{table.name}"),
            }
        )

    def _ensure(self, table: dict[str, Any]) -> None:
        name, shape = table["Name"], json.dumps(table, sort_keys=True)
        with self._lock:
            if self._tables.get(name) == shape:
                return
            try:
                self._clients.glue.create_table(DatabaseName=self.database, TableInput=table)
            except ClientError as error:
                if _code(error) == "EntityNotFoundException":
                    raise CatalogError(
                        f"The table {name} cannot be made: there is no Glue database {self.database} in this account and region. "
                        "Run `spapi setup`, or set SPAPI_GLUE_DATABASE to the database to use."
                    ) from error
                if _code(error) != "AlreadyExistsException":
                    raise
                # A changed column list must not leave a version behind for every process that starts.
                current = self._clients.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
                if not _within(table, current):
                    self._clients.glue.update_table(DatabaseName=self.database, TableInput=table)
            self._tables[name] = shape

    def table_input(self, report: Source, dataset: Dataset) -> dict[str, Any]:
        """The table as Glue takes it: the columns the Parquet files have, partition keys, and the registry's facts."""
        keys = [("account", "Account name of this deployment")]
        if report.scope is Scope.MARKETPLACE:
            keys.append(("marketplace", "Country code of the Amazon store"))
        parameters = {
            "classification": "parquet",
            "EXTERNAL": "TRUE",
            "spapi.report": report.name,
            "spapi.report_type": report.report_type,
            "spapi.options": json.dumps(report.options, sort_keys=True),
            "spapi.grain": dataset.grain,
            "spapi.row_key": ",".join(dataset.row_key),
            "spapi.restated_days": str(report.window.restated_days),
        }
        return {
            "Name": dataset.name,
            "Description": f"{dataset.title}. {dataset.description}"[:2048],
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters,
            "PartitionKeys": [
                *({"Name": name, "Type": "string", "Comment": comment} for name, comment in keys),
                {"Name": "date", "Type": "date", "Comment": "Day of the rows"},
            ],
            "StorageDescriptor": self._storage(dataset, f"raw/{dataset.name}"),
        }

    def _storage(self, dataset: Dataset, path: str) -> dict[str, Any]:
        columns = [c for c in dataset.columns if not c.pii or f"{dataset.name}.{c.name}" in self._pii]
        described = [
            *({"Name": c.name, "Type": hive_type(c), "Comment": c.description[:_COMMENT]} for c in columns),
            *({"Name": name, "Type": kind, "Comment": comment} for name, kind, comment in LINEAGE),
        ]
        return self._parquet(described, path)

    def _parquet(self, columns: list[dict[str, str]], path: str) -> dict[str, Any]:
        return {
            "Columns": columns,
            "Location": self.location(path) + "/",
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "Compressed": False,
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1"},
            },
        }

    def _create(self, dataset: Dataset, batch: Sequence[tuple[str, ...]]) -> int:
        inputs = [self._partition_input(dataset, values) for values in batch]
        answer = self._clients.glue.batch_create_partition(
            DatabaseName=self.database, TableName=dataset.name, PartitionInputList=inputs
        )
        errors = answer.get("Errors", [])
        bad = [e for e in errors if e.get("ErrorDetail", {}).get("ErrorCode") != "AlreadyExistsException"]
        if bad:
            detail = bad[0]["ErrorDetail"]
            raise CatalogError(
                f"Glue refused {len(bad)} partitions of {self.database}.{dataset.name}, first {bad[0].get('PartitionValues')}: "
                f"{detail.get('ErrorCode')} {detail.get('ErrorMessage', '')} The Parquet files are written; run the load again."
            )
        there = {tuple(e["PartitionValues"]) for e in errors}
        if there:
            self._relocate(dataset, [i for i in inputs if tuple(i["Values"]) in there])
        return len(batch) - len(there)

    def _relocate(self, dataset: Dataset, inputs: Sequence[dict[str, Any]]) -> None:
        """Partitions that exist already: correct their location if the lake has moved."""
        found = self._clients.glue.batch_get_partition(
            DatabaseName=self.database, TableName=dataset.name, PartitionsToGet=[{"Values": i["Values"]} for i in inputs]
        )["Partitions"]
        locations = {tuple(p["Values"]): p["StorageDescriptor"].get("Location") for p in found}
        for entry in inputs:
            if locations.get(tuple(entry["Values"])) != entry["StorageDescriptor"]["Location"]:
                self._clients.glue.update_partition(
                    DatabaseName=self.database,
                    TableName=dataset.name,
                    PartitionValueList=entry["Values"],
                    PartitionInput=entry,
                )

    def _partition_input(self, dataset: Dataset, values: tuple[str, ...]) -> dict[str, Any]:
        names = ("account", "date") if len(values) == 2 else ("account", "marketplace", "date")
        folder = "/".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        storage = self._storage(dataset, f"raw/{dataset.name}/{folder}")
        return {"Values": list(values), "StorageDescriptor": storage}


def _within(wanted: Any, current: Any) -> bool:
    """Whether everything we say is already so; Glue adds keys of its own."""
    if isinstance(wanted, dict):
        return isinstance(current, dict) and all(_within(value, current.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(current, list) and len(wanted) == len(current) and all(map(_within, wanted, current))
    return bool(wanted == current)


def _values(partition: PartitionLike) -> tuple[str, ...]:
    marketplace = () if partition.marketplace is None else (partition.marketplace,)
    return (partition.account, *marketplace, partition.day.isoformat())


def _batches(items: Sequence[tuple[str, ...]]) -> Iterator[Sequence[tuple[str, ...]]]:
    for first in range(0, len(items), BATCH):
        yield items[first : first + BATCH]


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
