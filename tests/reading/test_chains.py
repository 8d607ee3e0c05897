"""What Amazon does wrong while pages are asked for costs what it must, and neither the other rows nor an endless loop."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from model_server import ModelServer, Reply, Request

from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.fanout import READ, SOME
from spapi_assets.ingest.reading import chains
from spapi_assets.ingest.reading.chains import ask_all
from spapi_assets.ingest.reading.outcome import Progress
from spapi_assets.ingest.reading.spool import Spool
from spapi_assets.ingest.reading.tasks import Wanted, for_identifiers
from spapi_assets.lake.store import Lake
from spapi_assets.spapi.errors import AmazonFault, ConfigurationError, Throttled, TransientError
from tests.reading.test_calls_against_models import Clock, caller_of, whole_task

SOURCES = load_registry().apis
Reading = Callable[..., tuple[list[dict[str, Any]], Progress]]


@pytest.fixture
def reading(tmp_path: Path, model_server: ModelServer) -> Reading:
    """Asks for all pages of a source, in virtual time; returns them as they lie in the spool."""
    model_server.clock = clock = Clock()
    model_server.answers.lean = True

    def ask(name: str, identifiers: list[str] | None = None, *, some: bool = False) -> tuple[list[dict[str, Any]], Progress]:
        source, now = SOURCES[name], datetime.fromtimestamp(clock.now, UTC)
        tasks = [whole_task(source, clock)] if identifiers is None else for_identifiers(source, map(Wanted, identifiers))[0]
        options = {READ: SOME} if some else {}
        spool = Spool.begin(Lake(str(tmp_path)), name, "acme.DE", now, now.date(), now.date(), options, tasks)
        ctx: Any = SimpleNamespace(now=lambda: datetime.fromtimestamp(clock.now, UTC), monotonic=clock)
        progress = Progress(len(tasks), print, clock)
        ask_all(ctx, caller_of(source, model_server, clock), spool, {}, progress, None, threading.Event())
        kept = spool.kept()
        return [json.loads(spool.page(t.number, n)) for t in tasks for n in range(1, kept[t.number].pages + 1)], progress

    return ask


def missing(pages: list[dict[str, Any]]) -> set[str]:
    return {entry["identifier"] for page in pages for entry in page["missing"]}


def refusal(message: str = "Invalid.") -> Reply:
    return Reply.error(400, "InvalidInput", message)


def skus(pages: list[dict[str, Any]]) -> list[str]:
    return [item["sku"] for page in pages for item in (page["response"] or {}).get("items", ())]


def test_a_good_token_that_amazon_refuses_once_is_sent_again(reading: Reading, model_server: ModelServer) -> None:
    """`Search parameters do not match the provided 'pageToken'`, which a second try does not see."""
    model_server.answers.counts["listPayouts"] = 120
    model_server.fail("listPayouts", 2, status=400, code="InvalidInput")
    pages, progress = reading("payouts")
    assert sum(len(page["response"]["payouts"]) for page in pages) == 120
    assert model_server.calls["listPayouts"] == progress.calls + 1 == 4


def test_a_token_that_ends_on_the_way_begins_the_chain_anew(reading: Reading, model_server: ModelServer) -> None:
    """FBA inventory's live for 30 seconds; a retry after an error may take longer."""
    model_server.answers.counts["getInventorySummaries"] = 130
    ended: list[str] = []

    def over(request: Request) -> Reply | None:
        token = request.query.get("nextToken")
        if token and (request.number == 3 or token in ended):
            ended.append(token)
            return refusal("The token has expired.")
        return None

    model_server.on("getInventorySummaries", over)
    pages, _ = reading("fba_inventory_summaries")
    assert sum(len(page["response"]["payload"]["inventorySummaries"]) for page in pages) == 130
    assert model_server.calls["getInventorySummaries"] == 6  # two, one refused, and three of the second beginning


def test_tokens_that_are_always_refused_end_the_reading_for_now(reading: Reading, model_server: ModelServer) -> None:
    model_server.answers.counts["listPayouts"] = 120
    model_server.on("listPayouts", lambda request: refusal() if "nextToken" in request.query else None)
    with pytest.raises(TransientError, match="takes none of its own tokens"):
        reading("payouts")
    assert model_server.calls["listPayouts"] <= 9


def test_the_same_page_again_and_again_is_amazons_fault_and_no_endless_loop(reading: Reading, model_server: ModelServer) -> None:
    number = [0]

    def same(request: Request) -> Reply:
        number[0] += 1
        return Reply(200, json.dumps({"payouts": [{"payoutId": "1"}], "nextToken": f"t{number[0]}"}))

    model_server.on("listPayouts", same)
    model_server.answers.token_problems = lambda request: []  # type: ignore[method-assign]
    with pytest.raises(AmazonFault, match="the same page"):
        reading("payouts")
    assert model_server.calls["listPayouts"] < 10


def test_empty_pages_with_a_token_are_followed_to_the_rows(reading: Reading, model_server: ModelServer) -> None:
    model_server.answers.token_problems = lambda request: []  # type: ignore[method-assign]
    for n in range(6):
        model_server.reply("listTransactions", {"payload": {"transactions": [], "nextToken": f"t{n}"}})
    pages, _ = reading("finance_transactions")
    assert [len(page["response"]["payload"]["transactions"]) for page in pages] == [0, 0, 0, 0, 0, 0, 3]


def test_what_amazon_counts_but_does_not_send_is_asked_for_again_and_not_taken_for_missing(
    reading: Reading, model_server: ModelServer
) -> None:
    """Tokens of the next page are missing now and then (issues of Amazon's models repository)."""

    def half(request: Request) -> Reply | None:
        asked = request.query["identifiers"]
        if len(asked) < 20:
            return None
        return Reply(200, json.dumps({"numberOfResults": len(asked), "items": [{"sku": sku} for sku in asked[:10]]}))

    model_server.on("searchListingsItems", half)
    model_server.answers.missing = {"S15"}
    pages, progress = reading("listings_items", [f"S{n}" for n in range(20)])
    assert sorted(skus(pages)) == sorted(f"S{n}" for n in range(20) if n != 15)
    assert missing(pages) == {"S15"}
    assert model_server.calls["searchListingsItems"] == 2
    assert progress.problems == []


def test_a_count_that_stays_larger_than_what_comes_is_said(reading: Reading, model_server: ModelServer) -> None:
    model_server.on("searchListingsItems", lambda request: Reply(200, '{"numberOfResults": 2, "items": []}'))
    pages, progress = reading("listings_items", ["A", "B"])
    assert missing(pages) == {"A", "B"}
    assert "finds 2 and sent 0" in progress.problems[0]
    assert model_server.calls["searchListingsItems"] == 1


@pytest.mark.parametrize("identifiers", [["A", "B", "C, large"], ["C, large"]])
def test_one_sku_that_is_refused_in_a_call_of_its_own_does_not_hold_up_the_others(
    identifiers: list[str], reading: Reading, model_server: ModelServer
) -> None:
    model_server.on("getListingsItem", lambda request: refusal())
    pages, progress = reading("listings_items", identifiers, some=True)
    assert skus(pages) == identifiers[:-1]
    assert missing(pages) == {"C, large"}
    assert "C, large" in progress.problems[0]


def test_a_name_that_cannot_stand_in_a_path_is_found_out_without_a_call(reading: Reading, model_server: ModelServer) -> None:
    pages, progress = reading("orders_api", ["..", "026-1"], some=True)
    assert [page["response"]["orders"][0]["orderId"] for page in pages if page["response"]] == ["026-1"]
    assert missing(pages) == {".."}
    assert len(progress.problems) == sum(model_server.calls.values()) == 1


@pytest.mark.parametrize("broken", ["026-0", "026-1", "026-2"])
def test_one_order_whose_answer_is_broken_does_not_hold_up_the_others(
    reading: Reading, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(chains, "MOST_THREADS", 1)  # whether it comes first or last
    model_server.on("getOrder", lambda request: Reply(200, "{}") if request.path["orderId"] == broken else None)
    orders = ["026-0", "026-1", "026-2"]
    pages, progress = reading("orders_api", orders, some=True)
    assert [page["response"]["orders"][0]["orderId"] for page in pages if page["response"]] == [o for o in orders if o != broken]
    assert f"no usable answer about {broken}" in progress.problems[0]


def test_a_wrong_request_for_everything_is_no_fault_of_the_identifiers(reading: Reading, model_server: ModelServer) -> None:
    model_server.on("getOrder", lambda request: refusal())
    with pytest.raises(ConfigurationError):
        reading("orders_api", [f"026-{n}" for n in range(60)], some=True)
    assert model_server.calls["getOrder"] < 50


def test_many_refused_identifiers_cost_their_own_calls_and_no_others(reading: Reading, model_server: ModelServer) -> None:
    """What was answered in between proves that the request as such is right."""
    model_server.unlimited()
    asked = [f"B0{n:08d}" for n in range(400)]
    wrong = {*asked[:400:40], *asked[380:]}  # one in every other call, and all of the last one
    model_server.on(
        "searchCatalogItems", lambda request: refusal() if wrong & set(request.query.get("identifiers", ())) else None
    )
    pages, progress = reading("catalog_items", asked)
    assert missing(pages) == wrong
    assert sum(len(page["response"]["items"]) for page in pages if page["response"]) == len(asked) - len(wrong)
    assert len(progress.problems) == len(wrong)
    assert model_server.calls["searchCatalogItems"] <= 20 + 10 * 10 + 2 * 20


def test_spent_quota_is_told_as_such_also_while_other_chains_stop(reading: Reading, model_server: ModelServer) -> None:
    """Not as a deadline, which nobody set."""
    model_server.unlimited()
    model_server.fail("searchCatalogItems", status=429, code="QuotaExceeded")
    with pytest.raises(Throttled):
        reading("catalog_items", [f"B0{n:08d}" for n in range(200)])


def test_errors_in_a_success_are_no_empty_day(reading: Reading, model_server: ModelServer) -> None:
    errors = '{"payload": null, "errors": [{"code": "InternalFailure", "message": "Come back."}]}'
    model_server.reply("getPurchaseOrdersStatus", errors, checked=False)
    with pytest.raises(AmazonFault, match="InternalFailure Come back instead of rows"):
        reading("purchase_order_status")


def test_a_search_that_finds_nothing_may_be_answered_404(reading: Reading, model_server: ModelServer) -> None:
    model_server.fail("searchCatalogItems", status=404, code="NotFound")
    pages, _ = reading("catalog_items", ["B01", "B02"])
    assert missing(pages) == {"B01", "B02"}


def test_amazon_writes_asins_in_capitals_and_names_without_blanks(reading: Reading, model_server: ModelServer) -> None:
    asked = ["b0lower001", "B0UPPER001", "B0BLANK001 "]
    items = {"numberOfResults": 3, "items": [{"asin": one.strip().upper()} for one in asked]}
    model_server.reply("searchCatalogItems", items)
    pages, _ = reading("catalog_items", asked)
    assert missing(pages) == set()


def test_a_sku_that_comes_in_another_case_is_not_missing(reading: Reading, model_server: ModelServer) -> None:
    items = {"numberOfResults": 2, "items": [{"sku": "MUG-RED"}, {"sku": "mug-blue"}]}
    model_server.reply("searchListingsItems", items)
    pages, _ = reading("listings_items", ["Mug-Red", "mug-blue", "Mug-Blue"])
    assert missing(pages) == {"Mug-Blue"}, "both spellings were asked for, and one came"
