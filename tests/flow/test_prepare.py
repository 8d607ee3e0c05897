"""What Athena and Redshift find before and after the first load: every dbt source is a Glue table that fits its Parquet files."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from spapi_assets.aws.catalog import Catalog
from spapi_assets.aws.ledger_records import ReportRecord
from spapi_assets.datasets.dbt_sources import is_modelled
from spapi_assets.datasets.platform_tables import COVERAGE, PLATFORM_TABLES, REPORTS
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.coverage import CoverageRow, write_coverage
from spapi_assets.ingest.prepare import prepare_lake

SOURCES = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "staging" / "_sources.yml"
PLANNED = datetime(2026, 1, 3, tzinfo=UTC)


@pytest.fixture
def catalogued(ctx: IngestContext) -> IngestContext:
    ctx.catalog = Catalog(ctx.clients, ctx.settings.glue_database, ctx.lake.uri, ctx.settings.pii_columns)
    return ctx


def glue_tables(ctx: IngestContext) -> dict[str, dict[str, Any]]:
    pages = ctx.clients.glue.get_paginator("get_tables").paginate(DatabaseName="spapi_raw")
    return {table["Name"]: table for page in pages for table in page["TableList"]}


@cache
def dbt_sources() -> dict[str, dict[str, str]]:
    """Name that dbt asks an engine for -> its columns and their types; none of a source that no model reads."""
    content = yaml.load(SOURCES.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    tables = [table for source in content["sources"] for table in source["tables"]]
    return {t.get("identifier", t["name"]): {c["name"]: c["data_type"] for c in t.get("columns", ())} for t in tables}


def hive(kind: pa.DataType) -> str:
    """Hive's name of an Arrow type, as Athena and Spectrum read it from Parquet."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        assert str(kind) == "timestamp[us, tz=UTC]"
        return "timestamp"
    if pa.types.is_map(kind):
        return f"map<{hive(kind.key_type)},{hive(kind.item_type)}>"
    return {"string": "string", "int64": "bigint", "bool": "boolean", "date32[day]": "date"}[str(kind)]


def columns_of(table: dict[str, Any]) -> dict[str, str]:
    return {c["Name"]: c["Type"] for c in table["StorageDescriptor"]["Columns"]}


def files_of(table: dict[str, Any]) -> list[Path]:
    folder = Path(table["StorageDescriptor"]["Location"].removeprefix("file://"))
    return sorted(folder.rglob("*.parquet"))


def wanted_tables(ctx: IngestContext) -> set[str]:
    """Datasets that the marts read or some account takes, and the platform's own tables."""
    sources = [s for s in ctx.registry.sources.values() if is_modelled(s, ctx.registry) or ctx.settings.partition_keys(s)]
    return {d.name for s in sources for d in s.datasets} | {t.glue_name for t in PLATFORM_TABLES}


@pytest.mark.parametrize("taken", [("default",), ("default", "fba", "analytics")])
def test_before_any_load_every_wanted_dbt_source_is_a_glue_table_with_the_columns_and_types_of_its_files(
    catalogued: IngestContext, taken: tuple[str, ...]
) -> None:
    accounts = (catalogued.settings.accounts[0].model_copy(update={"reports": taken}), *catalogued.settings.accounts[1:])
    catalogued.settings = catalogued.settings.model_copy(update={"accounts": accounts})
    prepare_lake(catalogued)
    write_coverage(catalogued)
    found = glue_tables(catalogued)
    assert set(found) == wanted_tables(catalogued)
    sources, compared = dbt_sources(), 0
    assert set(found) <= set(sources)
    for name, table in found.items():
        (file,) = files_of(table)
        schema = pq.ParquetFile(file).schema_arrow
        assert columns_of(table) == {f.name: hive(f.type) for f in schema}, name
        keys = {key["Name"] for key in table["PartitionKeys"]}
        personal = {c.name for d in catalogued.registry.datasets.values() if d.name == name for c in d.columns if c.pii}
        if described := set(sources[name]):
            assert described == {*columns_of(table), *keys, *personal}, name
            compared += 1
        assert not catalogued.clients.glue.get_partitions(DatabaseName="spapi_raw", TableName=name)["Partitions"]
    assert compared >= 10


def test_preparing_again_makes_no_new_version_of_any_table(catalogued: IngestContext) -> None:
    for _ in range(2):
        prepare_lake(catalogued)
        write_coverage(catalogued)
        catalogued.catalog = Catalog(catalogued.clients, "spapi_raw", catalogued.lake.uri)  # as another process has it
    for name in wanted_tables(catalogued):
        versions = catalogued.clients.glue.get_table_versions(DatabaseName="spapi_raw", TableName=name)["TableVersions"]
        assert len(versions) == 1, name


def test_every_fact_of_the_ledger_is_a_column_that_duckdb_reads_with_the_declared_type(catalogued: IngestContext) -> None:
    import duckdb

    assert {c.name for c in COVERAGE.columns} == {f.name for f in fields(CoverageRow)}
    assert {c.name for c in REPORTS.columns} == {f.name for f in fields(ReportRecord)}
    report = catalogued.registry.reports["sales_and_traffic"]
    record = ReportRecord(
        "kestrel_eu",
        report.name,
        report.report_type,
        "DE",
        date(2026, 1, 1),
        date(2026, 1, 1),
        dict(report.options),
        requested_at=PLANNED,
    )
    assert catalogued.ledger.plan(record)
    written = write_coverage(catalogued)
    for table, summary in zip(PLATFORM_TABLES, (written.coverage, written.reports, written.restatements), strict=True):
        described = duckdb.sql(f"describe select * from read_parquet('{summary.uri}')").fetchall()
        assert {name: kind.lower() for name, kind, *_ in described} == {c.name: c.type for c in table.columns}
    row = duckdb.sql(
        f"select status, options, \"end\", requested_at at time zone 'UTC' from read_parquet('{written.reports.uri}')"
    )
    assert row.fetchall() == [("PLANNED", report.options, date(2026, 1, 1), PLANNED.replace(tzinfo=None))]


def test_data_kiosks_tables_are_there_for_the_models_although_no_account_asks_for_them(catalogued: IngestContext) -> None:
    prepare_lake(catalogued)
    assert "dk_sales_and_traffic_by_asin" in glue_tables(catalogued)
    assert not catalogued.settings.partition_keys(catalogued.registry.reports["dk_economics"])
    assert "dk_economics" not in glue_tables(catalogued)
