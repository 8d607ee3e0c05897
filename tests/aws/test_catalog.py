"""The Glue catalog: tables as the registry has them, partitions by the hundred, repeatable, and right after a move."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from spapi_assets.aws.catalog import Catalog, CatalogError
from spapi_assets.aws.clients import AwsClients
from spapi_assets.datasets.loader import load_registry
from spapi_assets.lake.layout import Partition, partition_folder
from spapi_assets.lake.parquet import LINEAGE, arrow_type

REPORTS = load_registry().reports


@pytest.fixture
def clients(aws: str) -> AwsClients:
    clients = AwsClients()
    clients.glue.create_database(DatabaseInput={"Name": "spapi_raw"})
    return clients


def catalog(clients: AwsClients, root: str = "s3://lake", **how) -> Catalog:
    return Catalog(clients, "spapi_raw", lambda path: f"{root}/{path}", **how)


def partitions_of(clients: AwsClients, table: str) -> dict[tuple[str, ...], str]:
    pages = clients.glue.get_paginator("get_partitions").paginate(DatabaseName="spapi_raw", TableName=table)
    return {tuple(p["Values"]): p["StorageDescriptor"]["Location"] for page in pages for p in page["Partitions"]}


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_a_table_has_the_columns_of_its_parquet_files(clients: AwsClients, name: str) -> None:
    for dataset in REPORTS[name].datasets:
        catalog(clients).register(REPORTS[name], dataset, [])
        table = clients.glue.get_table(DatabaseName="spapi_raw", Name=dataset.name)["Table"]
        columns = {c["Name"]: c["Type"] for c in table["StorageDescriptor"]["Columns"]}
        kept = [c for c in dataset.columns if not c.pii]
        assert list(columns) == [c.name for c in kept] + [f.name for f in LINEAGE]
        for column in kept:
            expected = {"string": "string", "int64": "bigint", "bool": "boolean", "date32[day]": "date"}
            arrow = str(arrow_type(column))
            hive = "timestamp" if arrow.startswith("timestamp") else expected.get(arrow, arrow.replace("decimal128", "decimal"))
            assert columns[column.name] == hive.replace(" ", "")
        keys = [k["Name"] for k in table["PartitionKeys"]]
        assert keys == (["account", "marketplace", "date"] if REPORTS[name].scope == "marketplace" else ["account", "date"])
        assert table["Parameters"]["spapi.report_type"] == REPORTS[name].report_type
        assert all(c["Comment"] for c in table["StorageDescriptor"]["Columns"])


def test_personal_data_is_in_the_catalog_only_when_the_deployment_keeps_it(clients: AwsClients) -> None:
    report = REPORTS["orders_by_last_update"]
    dataset = report.datasets[0]
    personal = [c.name for c in dataset.columns if c.pii]
    if not personal:
        columns = tuple(c.model_copy(update={"pii": c.name == "sku"}) for c in dataset.columns)
        dataset = dataset.model_copy(update={"columns": columns})
        personal = ["sku"]
    for kept in (frozenset(), frozenset({f"{dataset.name}.{personal[0]}"})):
        table = catalog(clients, pii_columns=kept).table_input(report, dataset)
        assert (personal[0] in [c["Name"] for c in table["StorageDescriptor"]["Columns"]]) is bool(kept)


def test_hundreds_of_partitions_are_registered_once(clients: AwsClients) -> None:
    report = REPORTS["sales_and_traffic"]
    dataset = report.datasets[0]
    days = [Partition("a", "DE", date(2025, 1, 1) + timedelta(days=n)) for n in range(230)]
    assert catalog(clients).register(report, dataset, days) == 230
    assert catalog(clients).register(report, dataset, days) == 0  # another process, the same partitions
    found = partitions_of(clients, dataset.name)
    assert len(found) == 230
    assert found[("a", "DE", "2025-01-01")] == f"s3://lake/{partition_folder(dataset.name, days[0])}/"


def test_a_lake_that_moved_gets_its_locations_corrected(clients: AwsClients, tmp_path: Path) -> None:
    report = REPORTS["settlements"]
    dataset = report.datasets[0]
    day = Partition("a", None, date(2026, 1, 1))
    catalog(clients).register(report, dataset, [day])
    catalog(clients, str(tmp_path)).register(report, dataset, [day])
    assert partitions_of(clients, dataset.name) == {
        ("a", "2026-01-01"): f"file://{tmp_path}/{partition_folder(dataset.name, day)}/"
    }
    table = clients.glue.get_table(DatabaseName="spapi_raw", Name=dataset.name)["Table"]
    assert table["StorageDescriptor"]["Location"] == f"file://{tmp_path}/raw/{dataset.name}/"


def test_a_new_column_reaches_an_existing_table(clients: AwsClients) -> None:
    report = REPORTS["settlements"]
    dataset = report.datasets[0]
    before = dataset.model_copy(update={"columns": dataset.columns[:-1]})
    catalog(clients).register(report, before, [])
    catalog(clients).register(report, dataset, [])
    table = clients.glue.get_table(DatabaseName="spapi_raw", Name=dataset.name)["Table"]
    assert dataset.columns[-1].name in [c["Name"] for c in table["StorageDescriptor"]["Columns"]]


def test_an_unchanged_table_gets_no_new_version_from_every_process(clients: AwsClients) -> None:
    report = REPORTS["settlements"]
    for _ in range(3):
        catalog(clients).register(report, report.datasets[0], [])
    versions = clients.glue.get_table_versions(DatabaseName="spapi_raw", TableName="settlements")["TableVersions"]
    assert len(versions) == 1


def test_a_missing_database_is_a_sentence_with_the_remedy(aws: str) -> None:
    with pytest.raises(CatalogError, match=r"no Glue database spapi_raw .* Run `spapi setup`"):
        catalog(AwsClients()).ensure_tables(load_registry())
