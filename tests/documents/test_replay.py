"""Replay rebuilds from the archive what the loads made, with the newest document of each partition winning."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from spapi_assets.datasets.loader import Registry
from spapi_assets.ingest.documents.errors import DocumentError, WrongDocument
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.replay import replay
from tests.documents.conftest import HEADER, ORDERS, make_context, order, rows

REGISTRY = Registry([ORDERS])


def put(lake, report_id: str, created: int, start: int, end: int, *lines: str, account: str = "acme") -> None:
    body = "\r\n".join([HEADER, *lines, ""]).encode()
    context = make_context(
        report_id=report_id,
        created=datetime(2026, 11, created, tzinfo=UTC),
        start=date(2026, 11, start),
        end=date(2026, 11, end),
        account=account,
    )
    load_document([gzip.compress(body)], context, lake)


def content(lake) -> list[dict]:
    return [{k: v for k, v in r.items() if k != "_loaded_at"} for r in rows(lake)]


def test_replay_equals_the_loads_it_repeats(lake):
    put(lake, "r1", 4, 1, 3, order("a"), order("b", day="2026-11-03T00:00:00Z"), "short")
    put(lake, "r2", 5, 3, 4, order("c", day="2026-11-03T00:00:00Z"), order("d", day="2026-11-04T00:00:00Z"))
    before, files = content(lake), list(lake.list())
    shutil.rmtree(Path(lake.root) / "raw")
    shutil.rmtree(Path(lake.root) / "quarantine")
    results = list(replay(lake, REGISTRY))
    assert content(lake) == before
    assert list(lake.list()) == files
    assert [r.report_id for r in results] == ["r1", "r2"]
    assert [r["order_id"] for r in rows(lake)] == ["a", "c", "d"]


def test_documents_that_newer_ones_replace_whole_are_left_out(lake):
    put(lake, "old", 4, 1, 2, order("a"))
    put(lake, "new", 5, 1, 2, order("b"))
    assert [r.report_id for r in replay(lake, REGISTRY)] == ["new"]
    assert [r["order_id"] for r in rows(lake)] == ["b"]


def test_the_newest_document_wins_even_if_it_was_loaded_first(lake):
    put(lake, "new", 5, 1, 1, order("b"))
    put(lake, "old", 4, 1, 2, order("a"), order("a2", day="2026-11-02T00:00:00Z"))
    list(replay(lake, REGISTRY))
    assert sorted(r["order_id"] for r in rows(lake)) == ["a2", "b"]


def test_a_rejected_document_is_tried_again_and_hides_no_older_one(lake):
    renamed = HEADER.replace("updated", "renamed-by-amazon")
    put(lake, "old", 4, 1, 1, order("a"))
    late = make_context(
        report_id="new", created=datetime(2026, 11, 5, tzinfo=UTC), start=date(2026, 11, 1), end=date(2026, 11, 1)
    )
    with pytest.raises(DocumentError):
        load_document([gzip.compress("\r\n".join([renamed, order("b"), ""]).encode())], late, lake)
    assert [r.report_id for r in replay(lake, REGISTRY)] == ["old"]
    (dataset,) = ORDERS.datasets
    first, day, *more = dataset.columns
    corrected = dataset.model_copy(update={"columns": (first, day.model_copy(update={"aliases": ("renamed-by-amazon",)}), *more)})
    registry = Registry([ORDERS.model_copy(update={"datasets": (corrected,)})])
    assert [r.report_id for r in replay(lake, registry)][-1] == "new"
    assert [r["order_id"] for r in rows(lake)] == ["b"]


def test_documents_that_are_still_unreadable_are_left_out_and_accounts_can_be_chosen(lake):
    put(lake, "r1", 4, 1, 1, order("a"))
    put(lake, "r2", 4, 1, 1, order("a"), account="other")
    with pytest.raises(WrongDocument):
        load_document([b'{"errorDetails": "no"}'], make_context(report_id="bad"), lake)
    assert [r.report_id for r in replay(lake, REGISTRY, "sample", "other")] == ["r2"]
    assert sorted(r.report_id for r in replay(lake, REGISTRY)) == ["r1", "r2"]


def test_replay_asks_nobody(lake, monkeypatch):
    put(lake, "r1", 4, 1, 1, order("a"))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("replay opened a connection")

    monkeypatch.setattr("socket.socket.connect", refuse)
    assert len(list(replay(lake, REGISTRY))) == 1
