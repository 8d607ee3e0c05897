"""Bodies as they come off the wire: gzip in one or several members, plain, truncated, corrupt; and what is archived of them."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from spapi_assets.ingest.archive import archived_documents
from spapi_assets.ingest.documents.errors import TruncatedDocument, UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.load import load_document
from tests.documents.conftest import HEADER, make_context, order, rows

BODY = "\r\n".join([HEADER, *(order(i) for i in range(200)), ""]).encode()


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def members(data: bytes, count: int) -> bytes:
    return b"".join(gzip.compress(p) for p in pieces(data, len(data) // count + 1))


@pytest.mark.parametrize("compression", ["GZIP", None])
@pytest.mark.parametrize("encoding", ["gzip", None])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    "body",
    [gzip.compress(BODY), members(BODY, 3), BODY, gzip.compress(gzip.compress(BODY)), gzip.compress(BODY) + b"\0" * 512],
    ids=["gzip", "members", "plain", "twice", "padded"],
)
def test_the_bytes_decide_about_compression_not_the_announcements(lake, compression, encoding, size, body):
    context = make_context(compression=compression, content_encoding=encoding)
    result = load_document(pieces(body, size), context, lake)
    assert result.rows == {"sample": 200}
    assert result.plain_bytes == len(BODY)
    assert result.compressed_bytes == len(body)


@pytest.mark.parametrize("cut", [3, 20, 500, 8, 1])
def test_a_truncated_gzip_is_a_clear_error_and_leaves_nothing(lake, cut):
    body = members(BODY, 2)[:-cut]
    with pytest.raises(TruncatedDocument) as error:
        load_document([body], make_context(), lake)
    assert "account acme, report sample r1, document d1" in str(error.value)
    assert "Download it again" in str(error.value)
    assert list(lake.list()) == []


def test_a_truncated_second_load_leaves_the_first_untouched(lake):
    load_document([gzip.compress(BODY)], make_context(), lake)
    before = {p: lake.read_bytes(p) for p in lake.list()}
    with pytest.raises(TruncatedDocument):
        load_document([gzip.compress(BODY)[:-9]], make_context(), lake)
    assert {p: lake.read_bytes(p) for p in lake.list()} == before


def test_a_body_without_a_byte_is_truncated_when_gzip_was_announced(lake):
    with pytest.raises(TruncatedDocument):
        load_document([], make_context(compression="GZIP"), lake)


def test_a_wrong_checksum_is_an_error(lake):
    body = bytearray(gzip.compress(BODY))
    body[-6] ^= 0xFF
    with pytest.raises(UnreadableDocument, match="cannot be decompressed"):
        load_document([bytes(body)], make_context(), lake)
    assert not list(lake.list("raw"))


def test_the_archive_holds_the_exact_bytes_and_everything_known_about_them(lake):
    body = members(BODY, 3)
    context = make_context(compression="GZIP", content_type="text/plain; charset=UTF-8", extra={"request_id": "q-1"})
    result = load_document([body], context, lake)
    (document,) = archived_documents(lake)
    assert lake.read_bytes(document.object) == body
    assert result.archive_uri == lake.uri(document.object)
    m = document.manifest
    assert m["sha256"] == hashlib.sha256(body).hexdigest() == result.sha256
    assert m["status"] == "loaded"
    assert m["extra"] == {"request_id": "q-1"}
    assert m["decisions"]["compression"]["gzip_layers"] == 1
    assert m["datasets"]["sample"]["rows_out"] == 200
    assert document.context(context.report).start == context.start


def test_a_wrong_document_is_archived_as_rejected(lake):
    with pytest.raises(WrongDocument):
        load_document([b'{"errorDetails": "no"}'], make_context(), lake)
    (document,) = archived_documents(lake)
    assert document.status == "rejected"
    assert "errorDetails" in document.manifest["error"]


def test_a_defect_of_ours_costs_neither_the_document_nor_old_partitions(lake, monkeypatch):
    load_document([gzip.compress(BODY)], make_context(), lake)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("spapi_assets.ingest.documents.flatfile.FlatReader.read", broken)
    with pytest.raises(ZeroDivisionError):
        load_document([BODY], make_context(report_id="r2"), lake)
    assert sorted(d.status for d in archived_documents(lake)) == ["loaded", "received"]
    assert len(rows(lake)) == 200


def test_an_endless_line_is_refused_in_bounded_memory(lake, monkeypatch):
    monkeypatch.setattr("spapi_assets.ingest.documents.lines.LONGEST_LINE", 1 << 20)
    with pytest.raises(UnreadableDocument, match="no line end"):
        load_document([gzip.compress(b"x" * (4 << 20))], make_context(), lake)
