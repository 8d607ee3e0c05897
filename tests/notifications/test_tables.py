"""Spooled messages become rows: the same in every spelling, once, whatever dies in between, and a bad one spoils no other."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from spapi_assets.ingest.archive import archived_documents
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.keeping import batches
from spapi_assets.ingest.notifications.tables import Landed, load_batches
from spapi_assets.ingest.notifications.take import take_notifications
from tests.flow.amazon import Clock
from tests.flow.year.crashes import Killed
from tests.notifications.messages import changed, envelopes, examples, made
from tests.notifications.queue import FakeQueue

NOW = timedelta(0)
SALES = {
    "itemSalesEventChanges": [
        {"accountId": "amzn1.vg.1000001", "marketplaceId": "ATVPDKIKX0DER", "currencyCode": "USD", "asin": asin,
         "orderedUnits": 2, "orderedRevenue": 10.10, "startTime": "2026-03-20T10:00:00Z", "endTime": "2026-03-20T11:00:00Z"}
        for asin in ("B000000001", "B000000002")
    ]
}  # fmt: skip


def land(ctx: IngestContext, queue: FakeQueue, *bodies: str) -> Landed:
    queue.send_all(bodies)
    take_notifications(ctx, ctx.monotonic() + 40, threads=1)
    return load_batches(ctx, ctx.monotonic() + 60, settle=NOW)


def rows(ctx: IngestContext, dataset: str) -> list[dict[str, Any]]:
    paths = [p for p in ctx.lake.list(f"raw/{dataset}") if p.endswith(".parquet")]
    return [row for path in paths for row in pq.read_table(ctx.lake.open_input(path)).to_pylist()]


def test_hourly_sales_of_a_vendor_are_rows_with_their_hour_in_the_order_they_came(ctx: IngestContext, queue: FakeQueue) -> None:
    landed = land(ctx, queue, made("ITEM_SALES_EVENT_CHANGE", SALES))
    assert landed.problems == []
    found = rows(ctx, "item_sales_events")
    assert [(r["asin"], r["ordered_units"], str(r["ordered_revenue"])) for r in found] == [
        ("B000000001", 2, "10.1000"),
        ("B000000002", 2, "10.1000"),
    ]
    assert {r["start_time"].isoformat() for r in found} == {"2026-03-20T10:00:00+00:00"}
    (path,) = [p for p in ctx.lake.list("raw/item_sales_events") if p.endswith(".parquet")]
    assert "account=kestrel_vendor_us/date=2026-03-20" in path
    assert list(batches(ctx.lake)) == []


def test_every_example_of_amazons_makes_the_same_rows_in_every_envelope(
    ctx: IngestContext, queue: FakeQueue, amazon_reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spapi_assets.ingest.notifications.whose import Directory, Owners

    everybody = Owners((ctx.settings.account("kestrel_na"),))
    monkeypatch.setattr(Directory, "owners", lambda *_: everybody)  # the examples are of many sellers
    queue.send_all(body for _, message in examples(amazon_reference) for _, body in envelopes(message))
    take_notifications(ctx, ctx.monotonic() + 40, threads=1)
    landed = load_batches(ctx, ctx.monotonic() + 60, settle=NOW)
    assert landed.problems == []
    tables = [d for s in ctx.registry.apis.values() if s.notification for d in s.datasets]
    for source in (s for s in ctx.registry.apis.values() if s.notification):
        (result,) = [r for name, _, r in landed.documents if name == source.name]
        for dataset in source.datasets:
            load = result.datasets[dataset.name]
            assert load.quarantined == 0, (dataset.name, result.decisions.get("quarantine"))
            assert list(load.unknown_columns) == [], dataset.name
    assert landed.copies > 0  # spelt alike they are copies of one another: one row each
    assert len(tables) >= 40
    assert len(rows(ctx, "any_offer_changed")) == 1
    assert len(rows(ctx, "feed_processing_finished")) == 2


def test_amazons_exact_words_are_in_the_archive_also_where_the_table_needs_another_spelling(
    ctx: IngestContext, queue: FakeQueue
) -> None:
    exact = made("ITEM_SALES_EVENT_CHANGE", SALES).replace("NotificationType", "notificationType")
    land(ctx, queue, exact.replace('"Payload"', '"PAYLOAD"'))
    (document,) = archived_documents(ctx.lake, "item_sales_events")
    (page,) = json.loads(gzip.decompress(ctx.lake.read_bytes(document.object)))["pages"]
    assert page["request"]["original"] == exact.replace('"Payload"', '"PAYLOAD"')
    assert page["request"]["message_id"] == "m0"
    assert page["response"]["payload"] == SALES
    assert len(rows(ctx, "item_sales_events")) == 2


def test_batches_wait_for_company_but_not_beyond_their_hour(ctx: IngestContext, queue: FakeQueue, clock: Clock) -> None:
    for number in range(3):
        queue.send(changed(f"SKU-{number}", notification_id=f"n{number}"))
        take_notifications(ctx, ctx.monotonic() + 40, threads=1)
        clock.forward(minutes=2)
        assert load_batches(ctx, ctx.monotonic() + 60).documents == []
    clock.forward(minutes=5)
    landed = load_batches(ctx, ctx.monotonic() + 60)
    assert [(name, key, landed.messages) for name, key, _ in landed.documents] == [
        ("listings_item_status_change", "kestrel_eu", 3)
    ]
    queue.send(changed("SKU-9", notification_id="n9"))
    clock.now = clock.now.replace(minute=59)
    take_notifications(ctx, ctx.monotonic() + 40, threads=1)
    clock.forward(minutes=2)
    assert len(load_batches(ctx, ctx.monotonic() + 60).documents) == 1
    assert len(rows(ctx, "listings_item_status_change")) == 4


def test_a_document_is_as_large_as_a_tick_has_time_and_memory_for(
    ctx: IngestContext, queue: FakeQueue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spapi_assets.ingest.notifications import tables

    real = tables.load_pages
    monkeypatch.setattr(tables, "load_pages", lambda *args, **more: (clock.sleep(15), real(*args, **more))[1])
    monkeypatch.setattr(tables, "HEAVIEST", 10)
    for number in range(6):  # 4 KB each, taken apart
        queue.send(changed(f"SKU-{number}", notification_id=f"n{number}", Filler="x" * 4096))
        take_notifications(ctx, ctx.monotonic() + 40, threads=1)
    began = clock.monotonic()
    landed = load_batches(ctx, began + 40, settle=NOW)
    assert (len(landed.documents), landed.messages) == (2, 4)
    assert clock.monotonic() - began < 40
    assert load_batches(ctx, ctx.monotonic() + 40, settle=NOW).messages == 2


@pytest.mark.parametrize("dies_at", range(1, 9))
def test_killed_at_any_write_the_rows_are_there_once_in_the_end(
    ctx: IngestContext, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    queue.send_all(changed(f"SKU-{n}", notification_id=f"n{n}") for n in range(40))
    take_notifications(ctx, ctx.monotonic() + 40, threads=1)
    left = [dies_at]

    def mortal(call: Any) -> Any:
        def wrapped(*args: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise Killed("write")
            return call(*args, **more)

        return wrapped

    with monkeypatch.context() as patch:
        for name in ("_put", "delete"):
            patch.setattr(type(ctx.lake), name, mortal(getattr(type(ctx.lake), name)))
        try:
            load_batches(ctx, ctx.monotonic() + 60, settle=NOW)
        except Killed:
            ctx.sleep(ctx.times.load_lease + 1)
    assert left[0] <= 0, "it was not killed"
    load_batches(ctx, ctx.monotonic() + 60, settle=NOW)
    assert sorted(r["sku"] for r in rows(ctx, "listings_item_status_change")) == sorted(f"SKU-{n}" for n in range(40))
    assert list(batches(ctx.lake)) == []
    assert list(ctx.lake.list("spool")) == []


def test_a_message_that_is_no_strict_json_is_put_on_a_shelf_and_the_others_are_rows(ctx: IngestContext, queue: FakeQueue) -> None:
    good = [changed(f"SKU-{n}", notification_id=f"n{n}") for n in range(5)]
    twice = changed("SKU-8", notification_id="n8").replace('"Sku": "SKU-8"', '"Sku": "SKU-8", "Sku": "SKU-9"')
    landed = land(ctx, queue, *good, twice, changed("SKU-7", notification_id="n7").replace('["BUYABLE"]', "NaN"))
    assert len(rows(ctx, "listings_item_status_change")) == 5
    assert "2 messages for listings_item_status_change" in landed.problems[0]
    (path,) = ctx.lake.list("archive/notifications/unreadable")
    assert path.split("/")[-1].endswith("-2.jsonl.gz")


def test_a_message_the_registry_cannot_read_is_found_among_many_and_put_on_a_shelf(
    ctx: IngestContext, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spapi_assets.ingest.documents import load as loading

    real = loading.read_json

    def picky(plain: Any, context: Any, *more: Any) -> Any:
        text = b"".join(plain)
        if b"SKU-3" in text:
            from spapi_assets.ingest.documents.errors import UnreadableDocument

            context.fail(UnreadableDocument, "No.", "Look at it.")
        return real(iter([text]), context, *more)

    monkeypatch.setattr(loading, "read_json", picky)
    landed = land(ctx, queue, *(changed(f"SKU-{n}", notification_id=f"n{n}") for n in range(9)))
    assert sorted(r["sku"] for r in rows(ctx, "listings_item_status_change")) == [f"SKU-{n}" for n in range(9) if n != 3]
    assert "1 messages" in landed.problems[0]
    assert len(list(ctx.lake.list("archive/notifications/unreadable"))) == 1


def test_documents_of_messages_are_in_the_ledger_as_readings_and_nothing_waits_to_be_loaded(
    ctx: IngestContext, queue: FakeQueue
) -> None:
    land(ctx, queue, changed("SKU-1"))
    day = ctx.now().date()
    (record,) = ctx.ledger.records("listings_item_status_change", "kestrel_eu", day, day)
    assert (record.source, record.report_type) == ("notification", "LISTINGS_ITEM_STATUS_CHANGE")
    assert record.rows == {"listings_item_status_change": 1}
    assert record.report_id.startswith("read-")
    assert record.loaded_at is not None
    assert ctx.ledger.done_not_loaded() == []
