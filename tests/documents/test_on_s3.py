"""The same load on S3 as in a folder: objects, archive, quarantine and replay."""

from __future__ import annotations

import gzip

import boto3
import pytest

from spapi_assets.datasets.loader import Registry
from spapi_assets.ingest.documents.errors import TruncatedDocument
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.replay import replay
from spapi_assets.lake.store import Lake
from tests.documents.conftest import HEADER, ORDERS, make_context, order, quarantine, rows


def test_a_load_on_s3_makes_the_same_objects_as_in_a_folder(aws, lake):
    boto3.client("s3").create_bucket(Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bucket = Lake("s3://documents/lake")
    body = gzip.compress("\r\n".join([HEADER, *(order(i) for i in range(50)), "short", ""]).encode())
    with pytest.raises(TruncatedDocument):
        load_document([body[:-9]], make_context(), bucket)
    assert list(bucket.list()) == []
    for target in (bucket, lake):
        result = load_document([body], make_context(), target)
    assert list(bucket.list()) == list(lake.list())
    archived = next(p for p in bucket.list("archive") if p.endswith(".gz"))
    assert bucket.read_bytes(archived) == lake.read_bytes(archived) == body
    assert rows(bucket) == rows(lake)
    assert quarantine(bucket) == quarantine(lake)
    assert [r.sha256 for r in replay(bucket, Registry([ORDERS]))] == [result.sha256]
