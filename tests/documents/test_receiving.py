"""A body that comes slowly, breaks off, or is wrong from its first line: read while it comes, and never half loaded."""

from __future__ import annotations

import gzip
import hashlib
import random
import threading
import time
from collections.abc import Iterator

import pytest

from spapi_assets.ingest.documents import partitions, receive
from spapi_assets.ingest.documents.errors import WrongDocument
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.documents.receive import SMALL, Receiver
from tests.documents.conftest import HEADER, make_context, order, rows


class BrokenOff(Exception):
    """Stands for a connection that closed early."""


def body(count: int = 20_000) -> bytes:
    rnd = random.Random(5)  # titles that do not compress, so that there are many pieces
    lines = [order(i, day=f"2026-11-0{1 + i % 3}T10:00:00+00:00", title=f"{rnd.getrandbits(200):x}") for i in range(count)]
    return gzip.compress("\r\n".join([HEADER, *lines, ""]).encode(), 1)


def pieces(data: bytes, size: int = 20_000) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def own_threads() -> set[str]:
    ours = ("document-receiver", "parquet-sorter", "parquet-writer", "tsv-reader")
    return {t.name for t in threading.enumerate() if t.name.startswith(ours)}


def test_bytes_that_came_are_read_before_the_body_has_ended(tmp_path):
    read, data = threading.Event(), b"first" * SMALL

    def source() -> Iterator[bytes]:
        yield data
        assert read.wait(30), "the first bytes were not given out while the rest was on its way"
        yield b"last"

    with Receiver(source(), tmp_path / "body") as receiver:
        chunks = receiver.chunks()
        got = next(chunks)
        read.set()
        assert got + b"".join(chunks) == data + b"last"
        assert receiver.sha256() == hashlib.sha256(data + b"last").hexdigest()
        assert b"".join(receiver.chunks()) == (tmp_path / "body").read_bytes() == data + b"last"  # and once more


def test_a_small_document_costs_no_thread(lake, monkeypatch):
    started = []
    monkeypatch.setattr(threading.Thread, "start", lambda thread: started.append(thread.name))
    data = body(500)
    assert len(data) < SMALL
    assert load_document(pieces(data), make_context(), lake).rows["sample"] == 500
    assert not started


def test_a_slow_body_of_many_buffers_is_loaded_whole(lake, monkeypatch):
    # Far more rows come than may wait for the hash: the reader must stand still, and the download go on.
    monkeypatch.setattr(partitions, "BUFFER_BYTES", 1 << 16)
    data = body()

    def source() -> Iterator[bytes]:
        for piece in pieces(data):
            time.sleep(0.02)
            yield piece

    result = load_document(source(), make_context(), lake)
    assert result.rows["sample"] == 20_000
    assert result.sha256 == hashlib.sha256(data).hexdigest()
    loaded = rows(lake)
    assert [r["_row"] for r in loaded] == list(range(1, 20_001))
    assert {r["_document_sha256"] for r in loaded} == {result.sha256}
    assert not own_threads()


@pytest.mark.parametrize("small", [0, 1 << 30])
def test_a_small_body_that_breaks_off_says_so_and_leaves_nothing(lake, monkeypatch, small):
    monkeypatch.setattr(receive, "SMALL", small)

    def source() -> Iterator[bytes]:
        yield body(100)[:-20]
        raise BrokenOff("the connection closed early")

    with pytest.raises(BrokenOff, match="closed early"):
        load_document(source(), make_context(), lake)
    assert list(lake.list()) == []
    assert not own_threads()


@pytest.mark.parametrize("buffer", [1 << 16, partitions.BUFFER_BYTES])
def test_a_download_that_breaks_off_says_so_and_leaves_nothing(lake, monkeypatch, buffer):
    monkeypatch.setattr(partitions, "BUFFER_BYTES", buffer)
    some = pieces(body())[:-3]

    def source() -> Iterator[bytes]:
        yield from some
        raise BrokenOff("the connection closed early")

    with pytest.raises(BrokenOff, match="closed early"):
        load_document(source(), make_context(), lake)
    assert list(lake.list()) == []
    assert not own_threads()


def test_a_document_that_is_wrong_from_its_first_line_is_still_archived_whole(lake):
    data = gzip.compress(b'{"errorDetails": "no"}\r\n' + random.Random(1).randbytes(300_000))

    def source() -> Iterator[bytes]:
        for piece in pieces(data):
            time.sleep(0.005)
            yield piece

    with pytest.raises(WrongDocument):
        load_document(source(), make_context(), lake)
    (archived,) = [p for p in lake.list("archive") if p.endswith(".gz")]
    assert lake.read_bytes(archived) == data


def test_ending_the_process_does_not_wait_for_a_slow_network(lake, monkeypatch):
    more = threading.Event()

    def source() -> Iterator[bytes]:
        yield from pieces(body())[:20]
        while not more.wait(0.05):
            yield b""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("spapi_assets.ingest.documents.load.read_flat", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_document(source(), make_context(), lake)
    assert not more.is_set()
    assert not own_threads()
    assert list(lake.list()) == []
