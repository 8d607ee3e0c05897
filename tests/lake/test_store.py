"""The lake behaves the same in a folder and on S3: whole files or none, listings, JSON, staging."""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.lake.layout import Partition, partition_object
from spapi_assets.lake.parquet import LINEAGE, parquet_schema, schema_objects
from spapi_assets.lake.store import Lake, LakeError


@pytest.fixture(params=["folder", "file uri", "s3"])
def lake(request, tmp_path: Path) -> Lake:
    if request.param == "folder":
        return Lake(tmp_path / "a lake")
    if request.param == "file uri":
        return Lake((tmp_path / "a lake").as_uri())
    request.getfixturevalue("aws")
    import boto3

    bucket = f"lake-{uuid.uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return Lake(f"s3://{bucket}/some/prefix")


def test_a_file_appears_whole_when_it_is_finished(lake):
    with lake.open_output("a/b.txt") as file:
        file.write(b"hello")
        assert not lake.exists("a/b.txt")
    assert lake.read_bytes("a/b.txt") == b"hello"
    assert lake.size("a/b.txt") == 5
    assert lake.uri("a/b.txt").endswith("/a/b.txt")


def test_an_error_while_writing_leaves_the_old_file(lake):
    lake.write_json("x.json", {"ä": 1})

    def fail() -> None:
        with lake.open_output("x.json") as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert lake.read_json("x.json") == {"ä": 1}
    assert list(lake.list()) == ["x.json"]


def test_listings_are_sorted_recursive_and_empty_for_missing_folders(lake):
    for path in ("b/2", "b/c/1", "a"):
        lake.write_json(path, 1)
    assert list(lake.list()) == ["a", "b/2", "b/c/1"]
    assert list(lake.list("b")) == ["b/2", "b/c/1"]
    assert list(lake.list("none")) == []


def test_staged_files_are_invisible_until_published_and_thrown_away_otherwise(lake):
    with lake.stage() as stage:
        stage.file("one").write_bytes(b"1")
        stage.file("two").write_bytes(b"2")
        assert list(lake.list()) == []
        stage.publish("two")
        assert list(lake.list()) == ["two"]
    assert list(lake.list()) == ["two"]
    assert list(stage.folder.iterdir()) == []


def test_deleting_what_is_not_there_is_no_error(lake):
    lake.delete("none")
    with pytest.raises(FileNotFoundError):
        lake.open_input("none")


def test_a_uri_of_another_kind_is_refused():
    with pytest.raises(LakeError, match="SPAPI_LAKE_URI"):
        Lake("gs://bucket")


def test_every_dataset_gets_a_file_that_holds_its_schema_and_no_row(lake):
    registry = load_registry()
    paths = schema_objects(lake, registry)
    assert paths.keys() == registry.datasets.keys()
    for name, path in paths.items():
        table = pq.read_table(lake.open_input(path), partitioning=None)
        assert table.num_rows == 0
        assert table.schema.equals(parquet_schema(registry.datasets[name]))
        by_marketplace = registry.source_of(name).scope == "marketplace"
        assert path == partition_object(name, Partition("_schema", "_schema" if by_marketplace else None, date(1970, 1, 1)))


def test_personal_columns_are_not_in_the_schema_unless_named():
    dataset = load_registry().datasets["orders_by_last_update"]
    personal = next(c.name for c in dataset.columns if c.pii)
    assert personal not in parquet_schema(dataset).names
    named = parquet_schema(dataset, pii_columns={f"{dataset.name}.{personal}"}, unknown=["new_one"])
    assert personal in named.names
    assert named.names[-len(LINEAGE) - 1 :] == ["new_one", *(f.name for f in LINEAGE)]
