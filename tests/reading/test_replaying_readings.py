"""`spapi replay` of what APIs and messages brought: lost Parquet and a lost ledger come back from the archive alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from model_server import ModelServer

from spapi_assets.aws.identifiers import Found
from spapi_assets.aws.queue import Message
from spapi_assets.aws.setup import set_up_aws
from spapi_assets.datasets.model import ApiSource
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.coverage import CoverageRow, coverage
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.notifications.keeping import spool
from spapi_assets.ingest.notifications.route import Row
from spapi_assets.ingest.notifications.tables import load_batches
from spapi_assets.ingest.reading.run import read, refresh
from spapi_assets.ingest.replaying import plan_replay, replay_all
from spapi_assets.lake.layout import Partition, partition_object
from tests.notifications.messages import examples

KEY = "brand_eu.DE"
LISTINGS, CATALOG, MONEY, TOLD = "listings_items", "catalog_items", "finance_transactions", "any_offer_changed"
SOURCES = {LISTINGS, MONEY, TOLD}


@pytest.fixture
def filled(
    deployment: Callable[[], IngestContext], model_server: ModelServer, amazon_reference: Path
) -> tuple[IngestContext, ModelServer]:
    """A lake with whole readings, a newer one of the same day, two refreshes, days of money, and two documents of messages."""
    model_server.unlimited()
    model_server.answers.lean = True
    ctx = deployment()
    today = ctx.now().date()
    ctx.identifiers.put("sku", "brand_eu", "DE", [Found("MUG 1"), Found("MUG 2")], "test")
    read(ctx, ctx.registry.apis[LISTINGS], KEY, [today])
    ctx.identifiers.put("sku", "brand_eu", "DE", [Found("MUG 3")], "test")
    read(ctx, ctx.registry.apis[LISTINGS], KEY, [today], again=True)
    refresh(ctx, ctx.registry.apis[LISTINGS], KEY, ["MUG 2", "NEW 4"])
    refresh(ctx, ctx.registry.apis[LISTINGS], KEY, ["MUG 2"])
    days = [today - timedelta(days=n) for n in range(5, 9)]
    read(ctx, ctx.registry.apis[MONEY], "brand_eu", days)
    body = json.dumps(next(message for _, message in examples(amazon_reference) if TOLD in str(message.values()).lower()))
    for number in range(2):
        message = Message(f"m{number}", "handle", body, 1, ctx.now())
        spool(ctx.lake, [(Row(TOLD, "brand_eu"), message)], ctx.now())
        assert load_batches(ctx, ctx.monotonic() + 30, settle=timedelta(0)).problems == []
    return ctx, model_server


def contents(ctx: IngestContext) -> dict[str, Any]:
    """Every Parquet object of the lake, but for when it was loaded."""
    paths = [path for path in ctx.lake.list("raw") if path.endswith(".parquet") and "_schema" not in path]
    return {path: pq.read_table(ctx.lake.open_input(path)).drop_columns(["_loaded_at"]) for path in sorted(paths)}


def told(ctx: IngestContext) -> list[tuple[Any, ...]]:
    first = ctx.now().date() - timedelta(days=8)
    names = {d.name for name in SOURCES for d in ctx.registry.apis[name].datasets}
    rows = coverage(ctx, first, datasets=names)
    return [(r.dataset, r.account_key, r.date, r.state, r.rows, r.report_id, r.reason) for r in rows]


def told_of(ctx: IngestContext, source: ApiSource, day: date) -> list[CoverageRow]:
    rows = coverage(ctx, day, day, datasets={d.name for d in source.datasets})
    return [row for row in rows if row.account == "brand_eu"]


def replayed(ctx: IngestContext) -> list[str | None]:
    return [done.problem for done in replay_all(ctx, plan_replay(ctx, SOURCES, {"brand_eu"}))]


def test_lost_parquet_and_then_a_lost_ledger_come_back_the_same_without_a_call(
    filled: tuple[IngestContext, ModelServer], deployment: Callable[[], IngestContext]
) -> None:
    ctx, server = filled
    before, calls, known, today = contents(ctx), sum(server.calls.values()), told(ctx), ctx.now().date()
    parts = {path.rsplit("/", 1)[1] for path in before if path.startswith("raw/listings/")}
    assert len(parts) == 3, "the whole reading and two refreshes have an object each"
    assert "data.parquet" in parts
    assert len([path for path in before if path.startswith("raw/any_offer_changed/")]) == 2, "a document of messages each"
    shutil.rmtree(ctx.lake.root_uri.removeprefix("file://") + "/raw")
    plan = plan_replay(ctx, SOURCES, {"brand_eu"})
    assert plan.replaced == 1, "the older reading of all listings, and no refresh"
    assert replayed(ctx) == [None] * len(plan.steps)
    assert contents(ctx) == before
    assert told(ctx) == known

    shutil.rmtree(ctx.lake.root_uri.removeprefix("file://") + "/raw")
    ctx.clients.dynamodb.delete_table(TableName=ctx.settings.ledger_table)
    ctx.clients.glue.delete_database(Name=ctx.settings.glue_database)
    set_up_aws(ctx.clients, ctx.settings)
    again = deployment()
    assert replayed(again) == [None] * len(plan.steps)
    assert contents(again) == before
    assert told(again) == known
    for name, key, day in ((LISTINGS, KEY, today), (MONEY, "brand_eu", today - timedelta(days=6))):
        outcome = read(again, again.registry.apis[name], key, [day])
        assert (outcome.calls, outcome.loaded) == (0, []), name
    assert sum(server.calls.values()) == calls


def test_a_replay_does_not_bring_an_older_reading_back(
    deployment: Callable[[], IngestContext], model_server: ModelServer
) -> None:
    """The plan was made, then a newer reading came: what is replayed leaves it alone."""
    model_server.answers.lean = True
    ctx = deployment()
    day = ctx.now().date()
    ctx.identifiers.put("asin", "brand_eu", "DE", [Found(f"B0TEST000{n}") for n in range(3)], "test")
    read(ctx, ctx.registry.apis[CATALOG], KEY, [day])
    plan = plan_replay(ctx, {CATALOG}, {"brand_eu"})
    ctx.identifiers.put("asin", "brand_eu", "DE", [Found("B0TEST0009")], "test")
    read(ctx, ctx.registry.apis[CATALOG], KEY, [day], again=True)
    path = partition_object(CATALOG, Partition.of(KEY, day))
    newest = contents(ctx)[path]
    assert newest.num_rows == 4
    assert [done.problem for done in replay_all(ctx, plan)] == [None]
    assert contents(ctx)[path] == newest


def test_pages_that_the_registry_cannot_read_are_a_failed_day_until_a_replay_can(
    deployment: Callable[[], IngestContext], model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day says so, no later reading is held up, and nothing is asked for twice."""
    from spapi_assets.ingest.documents import load

    model_server.answers.lean = True
    ctx = deployment()
    source, day = ctx.registry.apis[MONEY], ctx.now().date() - timedelta(days=5)

    def refuse(*_: Any) -> Any:
        raise DocumentError("It is not what it should be", account="brand_eu", report=MONEY, report_id="r", document_id="r",
                            advice="Correct it.")  # fmt: skip

    with monkeypatch.context() as patch:
        patch.setattr(load, "read_json", refuse)
        with pytest.raises(DocumentError):
            read(ctx, source, "brand_eu", [day])
    calls = sum(model_server.calls.values())
    outcome = read(ctx, source, "brand_eu", [day])
    assert (outcome.calls, sum(model_server.calls.values())) == (0, calls)
    states = {(r.state, r.next_action) for r in told_of(ctx, source, day)}
    assert states == {
        ("failed", "Its pages are in the archive: correct the registry entry, then `spapi replay` loads them without a call.")
    }
    assert [done.problem for done in replay_all(ctx, plan_replay(ctx, {MONEY}, {"brand_eu"}))] == [None]
    assert {r.state for r in told_of(ctx, source, day)} == {"provisional"}
    assert sum(model_server.calls.values()) == calls
