"""A reading that is killed goes on where it stopped: no answer is asked for twice, none is lost, whatever it was killed at."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from model_server import ModelServer
from model_server.asked import Request

from spapi_assets.aws.identifiers import Found
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.load import LoadBusy
from spapi_assets.ingest.reading import finish, run
from spapi_assets.ingest.reading.call import Caller
from spapi_assets.ingest.reading.days import truth_by_day
from spapi_assets.ingest.reading.run import read, refresh
from spapi_assets.ingest.reading.spool import Spool, unfinished
from spapi_assets.lake.store import Lake
from spapi_assets.spapi import session
from spapi_assets.spapi.errors import AmazonFault, ConfigurationError, MissingRole, TransientError
from spapi_assets.spapi.operations import BY_NAME, RatePlan

KEY = "brand_eu.DE"


@pytest.fixture(autouse=True)
def _small_answers(model_server: ModelServer) -> None:
    model_server.answers.lean = True
    model_server.unlimited()


class Killed(BaseException):
    """What a process feels that is gone."""


def asins(number: int) -> list[str]:
    return [f"B0TEST{n:04d}" for n in range(number)]


def known(ctx: IngestContext, number: int) -> None:
    ctx.identifiers.put("asin", "brand_eu", "DE", [Found(a) for a in asins(number)], "test")


def read_catalog(ctx: IngestContext, **how: Any) -> run.ReadOutcome:
    return read(ctx, ctx.registry.apis["catalog_items"], KEY, [ctx.now().date()], **how)


def in_the_lake(ctx: IngestContext, dataset: str, column: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in ctx.lake.list(f"raw/{dataset}"):
        with ctx.lake.open_input(path) as file:
            found.update(pq.read_table(file).column(column).to_pylist())
    return found


def slowly(request: Request) -> None:
    time.sleep(0.05)


def kill_after(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    whole, lock, made = Caller.page, threading.Lock(), Counter[str]()

    def page(self: Caller, *args: Any, **kwargs: Any) -> Any:
        with lock:
            made["calls"] += 1
            if made["calls"] > calls:
                raise Killed
        return whole(self, *args, **kwargs)

    monkeypatch.setattr(Caller, "page", page)


@pytest.mark.parametrize("calls", [0, 1, 4, 9])
def test_a_killed_reading_asks_only_for_what_it_has_not(
    calls: int, deployment: Callable[[], IngestContext], model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(deployment(), 190)
    with monkeypatch.context() as patch:
        kill_after(patch, calls)
        with pytest.raises(Killed):
            read_catalog(deployment())
    ctx = deployment()
    outcome = read_catalog(ctx)
    model_server.legal()
    assert model_server.calls["searchCatalogItems"] == 10, "190 ASINs are ten calls, in both lives together"
    named = [one for request in model_server.asked("searchCatalogItems") for one in request.query["identifiers"]]
    assert sorted(named) == asins(190)
    assert in_the_lake(ctx, "catalog_items", "asin") == Counter(asins(190))
    assert outcome.identifiers == 190
    assert unfinished(ctx.lake, "catalog_items", KEY) == []


@pytest.mark.parametrize("at", ["document", "record", "facts", "marks", "clearing"])
def test_killed_after_the_last_page_the_document_is_made_without_another_call(
    at: str, deployment: Callable[[], IngestContext], model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(deployment(), 30)

    def killed(*_: Any, **__: Any) -> Any:
        raise Killed

    places: dict[str, tuple[Any, str]] = {
        "document": (finish, "load_pages"),
        "record": ("spapi_assets.ingest.reading.document.load_document", ""),
        "facts": ("spapi_assets.ingest.reading.document.remember", ""),
        "marks": (finish, "_mark"),
        "clearing": (Spool, "clear"),
    }
    owner, name = places[at]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed) if name else patch.setattr(owner, killed)
        with pytest.raises(Killed):
            read_catalog(deployment())
    ctx = deployment()
    read_catalog(ctx)
    assert model_server.calls["searchCatalogItems"] == 2
    assert in_the_lake(ctx, "catalog_items", "asin") == Counter(asins(30))
    records = ctx.ledger.records("catalog_items", KEY, ctx.now().date(), ctx.now().date())
    assert [(str(r.status), r.rows["catalog_items"]) for r in records] == [("DONE", 30)]


def test_a_reading_that_the_deadline_stops_says_so_and_the_next_goes_on(ctx: IngestContext, model_server: ModelServer) -> None:
    known(ctx, 100)
    model_server.on("searchCatalogItems", slowly)
    stopped = read_catalog(ctx, deadline=ctx.monotonic() - 1)
    assert stopped.loaded == []
    assert "5 of 5 requests are still to be made; the next run goes on" in stopped.problems[0]
    assert read_catalog(ctx).calls == 5
    assert model_server.calls["searchCatalogItems"] == 5


def test_a_token_that_has_ended_begins_its_chain_anew_and_no_row_stands_twice(
    deployment: Callable[[], IngestContext], model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FBA inventory's tokens live 30 seconds; the process came back later."""
    model_server.answers.lean = False
    model_server.answers.counts["getInventorySummaries"] = 120
    ctx = deployment()
    source = ctx.registry.apis["fba_inventory_summaries"]
    with monkeypatch.context() as patch:
        kill_after(patch, 2)
        with pytest.raises(Killed):
            read(ctx, source, KEY, [ctx.now().date()])
    before = model_server.calls["getInventorySummaries"]
    later = deployment()
    began = later.now
    later.now = lambda: began() + timedelta(seconds=40)
    read(later, source, KEY, [later.now().date()])
    model_server.legal()
    first = model_server.asked("getInventorySummaries")[before]
    assert "nextToken" not in first.query, "the kept token is over its life and is not tried"
    skus = in_the_lake(later, "fba_inventory_summaries", "seller_sku")
    assert sum(skus.values()) == 120


def test_a_token_amazon_no_longer_takes_begins_its_chain_anew(
    deployment: Callable[[], IngestContext], model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a token without a known life the process finds out by trying it."""
    model_server.answers.lean = False
    model_server.answers.counts["listPayouts"] = 150
    ctx = deployment()
    source = ctx.registry.apis["payouts"]
    day = ctx.now().date() - timedelta(days=5)
    with monkeypatch.context() as patch:
        kill_after(patch, 1)
        with pytest.raises(Killed):
            read(ctx, source, ctx.settings.partition_keys(source)[0], [day])
    refused: list[Request] = []

    def over(request: Request) -> Any:
        if "nextToken" in request.query and not refused:
            refused.append(request)
            return model_server_error(400)
        return None

    model_server.on("listPayouts", over)
    outcome = read(deployment(), source, ctx.settings.partition_keys(source)[0], [day])
    assert len(refused) == 1
    assert outcome.loaded[0].rows["payouts"] == 150


def model_server_error(status: int) -> Any:
    from model_server.answers import Reply

    return Reply.error(status, "InvalidInput", "The token has expired.")


def test_two_workers_read_a_source_once(deployment: Callable[[], IngestContext], model_server: ModelServer) -> None:
    model_server.on("searchCatalogItems", slowly)
    known(deployment(), 100)
    busy: list[str] = []

    def work(ctx: IngestContext) -> None:
        try:
            read_catalog(ctx, max_wait=0.0)
        except LoadBusy as error:
            busy.append(str(error))

    threads = [threading.Thread(target=work, args=(deployment(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(busy) == 1
    assert model_server.calls["searchCatalogItems"] == 5


def test_a_burst_of_changes_is_read_once_twenty_a_call(ctx: IngestContext, model_server: ModelServer) -> None:
    """500 changes of 100 SKUs are 5 calls; what changes during the reading stays marked."""
    skus = [f"SKU {n:04d}/a" for n in range(100)]
    for part in range(5):
        ctx.refreshes.ask("listings_items", KEY, [skus[(n * 7 + part) % 100] for n in range(100)], "LISTINGS_ITEM_STATUS_CHANGE")
    late: list[str] = []

    def changes(request: Request) -> None:
        if request.number == 3:
            late.append(request.query["identifiers"][0])
            ctx.refreshes.ask("listings_items", KEY, late, "LISTINGS_ITEM_ISSUES_CHANGE")

    model_server.on("searchListingsItems", changes)
    source = ctx.registry.apis["listings_items"]
    outcome = refresh(ctx, source, KEY)
    model_server.legal()
    assert model_server.calls["searchListingsItems"] == outcome.calls == 5
    assert [mark.identifier for mark in ctx.refreshes.pending("listings_items", KEY)] == late
    assert in_the_lake(ctx, "listings", "sku") == Counter(skus)
    refresh(ctx, source, KEY)
    assert model_server.calls["getListingsItem"] == 1, "one SKU alone has an operation of its own"
    assert ctx.refreshes.pending("listings_items", KEY) == []


def test_what_amazon_does_not_know_is_recorded_and_found_again_later(ctx: IngestContext, model_server: ModelServer) -> None:
    known(ctx, 45)
    gone = {"B0TEST0003", "B0TEST0044"}
    model_server.answers.missing |= gone
    outcome = read_catalog(ctx)
    assert outcome.missing == 2
    assert set(in_the_lake(ctx, "catalog_items_missing", "asin")) == gone
    missing = {one.value for one in ctx.identifiers.all("asin", "brand_eu", "DE") if one.missing_since}
    assert missing == gone
    model_server.answers.missing.clear()
    read_catalog(ctx, again=True)
    assert [one.value for one in ctx.identifiers.all("asin", "brand_eu", "DE") if one.missing_since] == []


def test_one_identifier_amazon_refuses_does_not_cost_the_others(ctx: IngestContext, model_server: ModelServer) -> None:
    known(ctx, 60)

    def refuse(request: Request) -> Any:
        return model_server_error(400) if "B0TEST0033" in request.query.get("identifiers", ()) else None

    model_server.on("searchCatalogItems", refuse)
    outcome = read_catalog(ctx)
    assert in_the_lake(ctx, "catalog_items", "asin") == Counter(a for a in asins(60) if a != "B0TEST0033")
    assert set(in_the_lake(ctx, "catalog_items_missing", "asin")) == {"B0TEST0033"}
    assert len(outcome.problems) == 1
    assert "Amazon refuses to be asked about B0TEST0033" in outcome.problems[0]


def test_one_identifier_amazon_never_answers_does_not_cost_the_others_and_is_asked_for_again(
    ctx: IngestContext, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BACKOFF_CAP", 0.0)
    known(ctx, 60)
    bad, down = "B0TEST0033", [True]

    def fail(request: Request) -> Any:
        named = request.query.get("identifiers", ()) or [request.path.get("asin")]
        return model_server_error(500) if down[0] and bad in named else None

    model_server.on("searchCatalogItems", fail)
    model_server.on("getCatalogItem", fail)
    outcome = read_catalog(ctx)
    assert in_the_lake(ctx, "catalog_items", "asin") == Counter(a for a in asins(60) if a != bad)
    assert set(in_the_lake(ctx, "catalog_items_missing", "asin")) == set(), "Amazon did not say that it does not know it"
    assert f"no usable answer about {bad}" in outcome.problems[0]
    assert model_server.calls["searchCatalogItems"] <= 2 + 5 * 7 + 5, "what was answered is not asked for twice"
    assert [mark.identifier for mark in ctx.refreshes.pending("catalog_items", KEY)] == [bad]
    source, day = ctx.registry.apis["catalog_items"], ctx.now().date()
    (told,) = truth_by_day(
        source,
        KEY,
        [day],
        ctx.ledger.records("catalog_items", KEY, day, day),
        ctx.ledger.partitions("catalog_items", KEY, day, day),
        ctx.now(),
    ).values()
    assert (told.state, told.ask) == ("provisional", False)
    assert f"59 rows from reading {outcome.loaded[0].report_id}, which is not whole: 1 of 60 identifiers" in told.reason
    with pytest.raises(TransientError):  # nothing else is asked for that could tell it from an Amazon that is down
        refresh(ctx, source, KEY)
    down[0] = False
    refresh(ctx, source, KEY)
    assert ctx.refreshes.pending("catalog_items", KEY) == []
    assert in_the_lake(ctx, "catalog_items", "asin") == Counter(asins(60))


@pytest.mark.parametrize("named", [True, False])
def test_an_item_that_amazon_failed_at_within_a_success_is_read_again(
    ctx: IngestContext, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    operation = BY_NAME["getCompetitiveSummary"]
    monkeypatch.setitem(BY_NAME, operation.name, replace(operation, plan=RatePlan(100.0, 100)))
    ctx.identifiers.put("asin", "brand_eu", "DE", [Found(a, listed=True) for a in asins(5)], "test")
    from model_server.answers import Reply

    source, day, status = ctx.registry.apis["competitive_summary"], ctx.now().date(), {asins(5)[1]: 404, asins(5)[3]: 429}

    def some(request: Request) -> Any:
        answers = []
        for one in request.body["requests"]:
            code = status.get(one["asin"], 200)
            name = {"asin": one["asin"]} if named or code != 429 else {}
            body = {**name, "marketplaceId": one["marketplaceId"]}
            answers.append({"status": {"statusCode": code, "reasonPhrase": "-"}, "body": body})
        return Reply(200, json.dumps({"responses": answers}))

    model_server.on("getCompetitiveSummary", some)
    outcome = read(ctx, source, KEY, [day])
    assert f"about {asins(5)[3]}: its part of the answer has the status 429" in outcome.problems[0]
    assert [mark.identifier for mark in ctx.refreshes.pending(source.name, KEY)] == [asins(5)[3]]
    assert outcome.missing == 0
    (record,) = ctx.ledger.records(source.name, KEY, day, day)
    assert str(record.reason).startswith("1 of 5 identifiers could not be read")
    with pytest.raises(AmazonFault, match="each of its 1 items with the status 429"):
        refresh(ctx, source, KEY)
    del status[asins(5)[3]]
    refresh(ctx, source, KEY)
    assert ctx.refreshes.pending(source.name, KEY) == []
    assert model_server.calls["getCompetitiveSummary"] == 4


def test_an_amazon_that_is_down_is_no_identifiers_fault(
    ctx: IngestContext, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BACKOFF_CAP", 0.0)
    known(ctx, 1200)  # sixty calls
    operation = BY_NAME["searchCatalogItems"]
    monkeypatch.setitem(BY_NAME, operation.name, replace(operation, plan=RatePlan(100.0, 100)))
    down = [True]
    model_server.on("searchCatalogItems", lambda request: model_server_error(503) if down[0] else None)
    with pytest.raises(TransientError):
        read_catalog(ctx)
    assert model_server.calls["searchCatalogItems"] <= 200, "five tries of twenty calls, and of those under way"
    assert ctx.refreshes.pending("catalog_items", KEY) == []
    down[0] = False
    read_catalog(ctx)
    assert in_the_lake(ctx, "catalog_items", "asin") == Counter(asins(1200))


def test_a_request_that_is_wrong_as_such_is_not_tried_identifier_by_identifier(
    ctx: IngestContext, model_server: ModelServer
) -> None:
    known(ctx, 400)
    model_server.on("searchCatalogItems", lambda request: model_server_error(400))
    with pytest.raises(ConfigurationError):
        read_catalog(ctx)
    assert model_server.calls["searchCatalogItems"] < 80
    day = ctx.now().date()
    assert [str(r.verdict) for r in ctx.ledger.records("catalog_items", KEY, day, day)] == ["configuration"]


def test_killed_while_the_pages_are_thrown_away_nothing_is_asked_again_and_nothing_stays(
    deployment: Callable[[], IngestContext], model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(deployment(), 60)

    def killed(self: Lake, path: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "delete_folder", killed)
        with pytest.raises(Killed):
            read_catalog(deployment())
    ctx = deployment()
    assert list(ctx.lake.list("spool")) != []
    assert read_catalog(ctx).calls == 0
    assert list(ctx.lake.list("spool")) == []
    assert model_server.calls["searchCatalogItems"] == 3


def test_what_amazon_refuses_after_it_answered_is_asked_once_more_before_it_is_believed(
    deployment: Callable[[], IngestContext], model_server: ModelServer
) -> None:
    """A role that was there a moment ago: nothing that was read is thrown away."""
    ctx = deployment()
    known(ctx, 200)
    model_server.fail("searchCatalogItems", 8, status=403, code="Unauthorized")
    with pytest.raises(MissingRole):
        read_catalog(ctx)
    day = ctx.now().date()
    assert ctx.ledger.records("catalog_items", KEY, day, day) == []
    assert read_catalog(deployment()).loaded[0].rows["catalog_items"] == 200
    assert model_server.calls["searchCatalogItems"] == 11
    (record,) = ctx.ledger.records("catalog_items", KEY, day, day)
    assert record.status == "DONE"


def test_the_ledger_knows_what_a_reading_of_several_pages_cost(ctx: IngestContext, model_server: ModelServer) -> None:
    """The plan counts with it."""
    model_server.answers.counts["listPayouts"] = 120
    model_server.answers.lean = False
    source, day = ctx.registry.apis["payouts"], ctx.now().date() - timedelta(days=5)
    key = ctx.settings.partition_keys(source)[0]
    outcome = read(ctx, source, key, [day])
    (record,) = ctx.ledger.records("payouts", key, day, day)
    assert record.quota == {"listPayouts": 3} == dict(model_server.calls)
    assert outcome.calls == 3
