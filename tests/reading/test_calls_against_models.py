"""Every API source's calls against an Amazon built from its models alone: legal, whole, no more than needed, and no 429."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from model_server import ModelServer, Request
from model_server.asked import batched
from model_server.rules import PAGE_SIZES

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import ApiSource, Kind, Scope, WindowKind
from spapi_assets.ingest.reading.call import Caller, Page, page_text
from spapi_assets.ingest.reading.tasks import Task, Wanted, facts_of, for_identifiers, for_window
from spapi_assets.lake.store import json_bytes
from spapi_assets.settings import Account
from spapi_assets.spapi.auth import InMemoryTokenCache, LwaClient, LwaCredentials
from spapi_assets.spapi.errors import AmazonFault
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.throttle import InMemoryThrottle

SOURCES = [source for source in load_registry().apis.values() if source.call is not None]
PAGED = [source for source in SOURCES if source.call and source.call.paging and (source.call.span or not source.call.batch)]
LISTED = [source for source in SOURCES if source.call and source.call.batch]
FACTS = {"price": Decimal("12.10"), "afn": True}  # as the store of identifiers keeps them


class Clock:
    """Time that passes by waiting only, for the client and for Amazon alike: seconds are free."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(model_server: ModelServer) -> Clock:
    model_server.clock = clock = Clock()
    model_server.answers.lean = True
    return clock


def caller_of(source: ApiSource, server: ModelServer, clock: Clock) -> Caller:
    vendor = source.kind is Kind.VENDOR
    account = Account(
        name="acme", kind="vendor" if vendor else "seller", region="eu", selling_partner_id="A3", marketplaces=("DE",), secret="s"
    )
    credentials = LwaCredentials("client", "secret", "Atzr|refresh")
    lwa = LwaClient("acme", lambda: credentials, InMemoryTokenCache(clock), server.url, clock=clock, sleep=clock.sleep)
    session = SpApiSession(
        "acme", "eu", "A3", lwa, InMemoryThrottle(clock, clock.sleep), application_id="app", endpoint_url=server.url,
        max_wait=1e6, clock=clock, sleep=clock.sleep,
    )  # fmt: skip
    place = "DE" if source.scope is Scope.MARKETPLACE else None
    return Caller(source, account, session, facts_of(source, account, place))


def pages_of(caller: Caller, task: Task) -> list[Page]:
    pages, token = [], None
    while True:
        pages.append(caller.page(task, token, max_wait=1e6))
        token = pages[-1].next_token
        if token is None:
            return pages
        assert len(pages) < 50, "the pages do not end"


def whole_task(source: ApiSource, clock: Clock) -> Task:
    """The task that reads the newest whole window of a source without identifiers."""
    if source.window.kind is not WindowKind.DAYS:
        return Task(1)
    end = (datetime.fromtimestamp(clock.now, UTC) - timedelta(hours=source.window.lag_hours, days=2)).date()
    start = end - timedelta(days=source.window.max_days - 1)
    # Where the same window is asked for by several times, each is a chain like the first.
    return for_window(source, start, end, "DE" if source.scope is Scope.MARKETPLACE else None)[0]


@pytest.mark.parametrize("source", PAGED, ids=lambda source: source.name)
def test_pages_are_as_large_as_amazon_allows_and_all_are_read(source: ApiSource, model_server: ModelServer, clock: Clock) -> None:
    assert source.call is not None
    operation = model_server.models[source.call.operation]
    size = largest_page(operation.name, model_server)
    model_server.answers.counts[operation.name] = total = 2 * size + 1
    pages = pages_of(caller_of(source, model_server, clock), whole_task(source, clock))
    model_server.legal()
    assert sum(page.items for page in pages) == total
    assert model_server.calls == {operation.name: math.ceil(total / size)}


def largest_page(operation: str, server: ModelServer) -> int:
    sizes = [p for n, p in server.models[operation].among("query").items() if n.lower() in ("pagesize", "limit")]
    return int(sizes[0]["maximum"]) if sizes else PAGE_SIZES.get(operation, (50, ""))[0]


@pytest.mark.parametrize("source", [s for s in SOURCES if not s.call.batch and not s.call.paging], ids=lambda source: source.name)
def test_a_source_without_pages_is_one_legal_call(source: ApiSource, model_server: ModelServer, clock: Clock) -> None:
    caller_of(source, model_server, clock).page(whole_task(source, clock), None, max_wait=1e6)
    model_server.legal()
    assert sum(model_server.calls.values()) == 1


@pytest.mark.parametrize("source", LISTED, ids=lambda source: source.name)
def test_identifiers_go_as_many_in_a_call_as_amazon_takes_and_none_is_lost(
    source: ApiSource, model_server: ModelServer, clock: Clock
) -> None:
    assert source.call is not None
    assert source.call.batch is not None
    batch, name = source.call.batch, source.call.operation
    wanted = [f"B0{n:08d}" for n in range(41)]
    model_server.answers.missing = {wanted[3], wanted[40]}
    tasks, lacking = for_identifiers(source, [Wanted(value, FACTS) for value in wanted])
    assert lacking == []
    caller = caller_of(source, model_server, clock)
    answered = [(task, pages_of(caller, task)) for task in tasks]
    model_server.legal()
    per_call = most_identifiers(name, model_server, alone=not batch.param and batch.body is None)
    assert batch.size == per_call or per_call == 1
    assert sum(model_server.calls.values()) == math.ceil(len(wanted) / per_call)
    if batch.found is not None:
        found = [identifier for _, pages in answered for page in pages for identifier in page.found]
        if any(batched(request) for request in model_server.requests):
            assert found == wanted  # a batch answers every element, also for what it does not know
        else:
            assert sorted(found) == sorted(set(wanted) - model_server.answers.missing)


def most_identifiers(operation: str, server: ModelServer, *, alone: bool) -> int:
    """How many identifiers a call of the operation takes by the model: the array's maxItems, else what its prose or ours says."""
    if alone:
        return 1
    described = server.models[operation]
    array = described.among("query").get("identifiers")
    if array is not None:
        return int(array["maxItems"])
    # Fees: Amazon's reference says 20 items a call, the model is silent.
    return {"getCompetitiveSummary": 20, "getFeaturedOfferExpectedPriceBatch": 40, "getMyFeesEstimates": 20}[operation]


def test_a_fee_that_amazon_failed_at_is_no_answer_and_one_we_asked_wrongly_is(model_server: ModelServer, clock: Clock) -> None:
    source = next(source for source in LISTED if source.name == "fee_estimates")
    tasks, _ = for_identifiers(source, [Wanted(sku, FACTS) for sku in ("A", "B", "C")])
    statuses = {"A": "ServiceError", "B": "ClientError", "C": "Success"}
    said = [{"Status": status, "FeesEstimateIdentifier": {"IdValue": sku}} for sku, status in statuses.items()]
    model_server.reply("getMyFeesEstimates", said, said[:1])
    page = caller_of(source, model_server, clock).page(tasks[0], None, max_wait=1e6)
    assert page.found == ("A", "B", "C")
    assert page.unread == {"A": "its part of the answer has the status ServiceError."}
    with pytest.raises(AmazonFault, match="each of its 1 items with the status ServiceError"):
        caller_of(source, model_server, clock).page(tasks[0], None, max_wait=1e6)


def test_a_kept_price_survives_a_kept_task_and_is_sent_as_a_number(model_server: ModelServer, clock: Clock) -> None:
    source = next(source for source in LISTED if source.name == "fee_estimates")
    prices = {"MUG": Decimal("12.10"), "JP": Decimal(1200), "CENT": Decimal("0.07")}
    tasks, lacking = for_identifiers(source, [Wanted(sku, {**FACTS, "price": p}) for sku, p in prices.items()] + [Wanted("FREE")])
    assert lacking == ["FREE"]
    task = Task.of(json.loads(json_bytes(tasks[0].as_item())))
    page = caller_of(source, model_server, clock).page(task, None, max_wait=1e6)
    sent = [element["FeesEstimateRequest"]["PriceToEstimateFees"]["ListingPrice"] for element in model_server.requests[0].body]
    assert sent == [{"CurrencyCode": "EUR", "Amount": amount} for amount in (12.1, 1200, 0.07)]
    assert json.loads(page_text(page))["request"]["body"] == model_server.requests[0].body


@pytest.mark.parametrize("source", [s for s in LISTED if s.call.single], ids=lambda source: source.name)
@pytest.mark.parametrize("identifier", ["B0KESTREL1", "a/b ü%2F", "MUG, large"])
def test_one_identifier_is_one_legal_call_whatever_characters_it_has(
    source: ApiSource, identifier: str, model_server: ModelServer, clock: Clock
) -> None:
    assert source.call is not None
    tasks, _ = for_identifiers(source, [Wanted(identifier, FACTS)])
    (page,) = [page for task in tasks for page in pages_of(caller_of(source, model_server, clock), task)]
    model_server.legal()
    assert model_server.calls == {source.call.single.operation: 1}
    assert identifier in model_server.requests[0].path.values()
    assert page.items == 1


@pytest.mark.parametrize("source", [s for s in LISTED if s.call.single], ids=lambda source: source.name)
def test_one_identifier_that_amazon_does_not_know_is_an_answer_without_it(
    source: ApiSource, model_server: ModelServer, clock: Clock
) -> None:
    model_server.answers.missing = {"GONE"}
    tasks, _ = for_identifiers(source, [Wanted("GONE", FACTS)])
    (page,) = pages_of(caller_of(source, model_server, clock), tasks[0])
    model_server.legal()
    assert (page.items, page.found) == (0, ())


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_everything_that_a_source_can_be_told_is_asked_for(source: ApiSource, model_server: ModelServer, clock: Clock) -> None:
    """Parts that only come when they are named (includedData, details) are named, unless they are the other kind's."""
    assert source.call is not None
    caller = caller_of(source, model_server, clock)
    tasks = for_identifiers(source, [Wanted(f"B0{n}", FACTS) for n in range(2)])[0][:1] if source.call.batch else []
    if source.call.span or not tasks:
        tasks.append(whole_task(source, clock))
    for task in tasks:
        caller.page(task, None, max_wait=1e6)
    assert len(model_server.requests) == len(tasks)
    for request in model_server.requests:
        asks_for_everything(source, request, model_server)


def asks_for_everything(source: ApiSource, request: Request, model_server: ModelServer) -> None:
    parameters = model_server.models[request.operation].among("query")
    if "includedData" in parameters:
        of_vendors = {"vendorDetails", "procurement"} if source.kind is not Kind.VENDOR else set()
        assert set(parameters["includedData"]["items"]["enum"]) - of_vendors <= set(request.query["includedData"])
    if "details" in parameters:
        assert request.query["details"] is True
    body: Any = request.body
    if isinstance(body, dict) and any("includedData" in element for element in body.get("requests", [])):
        definition = model_server.models[request.operation].model["definitions"]["CompetitiveSummaryIncludedData"]
        assert set(body["requests"][0]["includedData"]) == set(definition["enum"])


def test_new_purchase_orders_are_asked_for_beside_changed_ones(model_server: ModelServer, clock: Clock) -> None:
    source = next(source for source in SOURCES if source.name == "purchase_orders")
    day = datetime.fromtimestamp(clock.now, UTC).date() - timedelta(days=2)
    caller = caller_of(source, model_server, clock)
    for task in for_window(source, day, day, None):
        caller.page(task, None, max_wait=1e6)
    model_server.legal()
    midnights = f"{day}T00:00:00Z", f"{day + timedelta(days=1)}T00:00:00Z"
    sent = [
        {name: request.query[name] for name in request.query if name.endswith(("After", "Before"))}
        for request in model_server.requests
    ]
    assert sent == [dict(zip((f"{verb}After", f"{verb}Before"), midnights, strict=True)) for verb in ("changed", "created")]
